import assert from "node:assert/strict";
import { test } from "node:test";
import { adjacentCard } from "../../nft/static/nft/js/grid-navigation.js";

// Seven cards in rows of three.
const CARDS = [0, 1, 2, 3, 4, 5, 6].map((place) => ({ left: 100 * (place % 3), top: 100 * Math.floor(place / 3) }));

test("arrow keys, Home and End lead to the expected card", () => {
  assert.equal(adjacentCard(CARDS, 0, "ArrowRight"), 1);
  assert.equal(adjacentCard(CARDS, 2, "ArrowRight"), 3);
  assert.equal(adjacentCard(CARDS, 3, "ArrowLeft"), 2);
  assert.equal(adjacentCard(CARDS, 1, "ArrowDown"), 4);
  assert.equal(adjacentCard(CARDS, 6, "ArrowUp"), 3);
  assert.equal(adjacentCard(CARDS, 4, "Home"), 0);
  assert.equal(adjacentCard(CARDS, 4, "End"), 6);
});

test("without a card in that direction the result is null", () => {
  assert.equal(adjacentCard(CARDS, 0, "ArrowLeft"), null);
  assert.equal(adjacentCard(CARDS, 0, "ArrowUp"), null);
  assert.equal(adjacentCard(CARDS, 6, "ArrowRight"), null);
  assert.equal(adjacentCard(CARDS, 5, "ArrowDown"), null);
  assert.equal(adjacentCard(CARDS, 0, "Enter"), null);
  assert.equal(adjacentCard([], 0, "Home"), null);
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { PendingHash, isTransactionHash } from "../../nft/static/nft/js/pending-hash.js";

const HASH = `0x${"ab".repeat(32)}`;

/** @returns {import("../../nft/static/nft/js/pending-hash.js").Store} like localStorage */
function memory() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

test("a hash is stored for its own mint until it is cleared", () => {
  const store = memory();
  new PendingHash(store, "/mint/1/sent/").save(HASH);
  assert.equal(new PendingHash(store, "/mint/1/sent/").read(), HASH);
  assert.equal(new PendingHash(store, "/mint/2/sent/").read(), "");
  new PendingHash(store, "/mint/1/sent/").clear();
  assert.equal(new PendingHash(store, "/mint/1/sent/").read(), "");
});

test("stored text that is no hash is ignored", () => {
  const store = memory();
  store.setItem("sent:/x/", "javascript:alert(1)");
  assert.equal(new PendingHash(store, "/x/").read(), "");
  assert.equal(isTransactionHash(`${HASH}0`), false);
});

test("blocked storage raises no error", () => {
  const blocked = () => {
    throw new Error("SecurityError");
  };
  const pending = new PendingHash({ getItem: blocked, setItem: blocked, removeItem: blocked }, "/x/");
  pending.save(HASH);
  pending.clear();
  assert.equal(pending.read(), "");
});

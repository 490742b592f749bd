// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { PendingHash, isHash } from "../../static/js/pending-hash.js";
import { nextDelay, stepStates } from "../../static/js/polling.js";

const HASH = `0x${"ab".repeat(32)}`;

/** @returns {import("../../static/js/pending-hash.js").Store} like localStorage */
function memory() {
  const items = new Map();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

test("questions come every second at first, then slower, but at least every five seconds", () => {
  assert.equal(nextDelay(0, 0), 1000);
  assert.equal(nextDelay(20, 0), 1000);
  assert.ok(nextDelay(25, 0) > 1000);
  assert.equal(nextDelay(500, 0), 5000);
});

test("after failures the waits double, up to twenty seconds", () => {
  assert.deepEqual(
    [1, 2, 3].map((failures) => nextDelay(0, failures)),
    [2000, 4000, 8000],
  );
  assert.equal(nextDelay(0, 30), 20_000);
});

test("steps before the one at work are done, those after it are to do", () => {
  assert.deepEqual(stepStates(["owner", "metadata", "image"], "metadata"), ["done", "now", "todo"]);
  assert.deepEqual(stepStates(["owner", "metadata"], "unheard of"), ["todo", "todo"]);
});

test("a hash waits for its own mint until it is forgotten", () => {
  const store = memory();
  new PendingHash(store, "/mint/1/sent/").keep(HASH);
  assert.equal(new PendingHash(store, "/mint/1/sent/").read(), HASH);
  assert.equal(new PendingHash(store, "/mint/2/sent/").read(), "");
  new PendingHash(store, "/mint/1/sent/").forget();
  assert.equal(new PendingHash(store, "/mint/1/sent/").read(), "");
});

test("what is no hash is never sent on", () => {
  const store = memory();
  store.setItem("sent:/x/", "javascript:alert(1)");
  assert.equal(new PendingHash(store, "/x/").read(), "");
  assert.equal(isHash(`${HASH}0`), false);
});

test("blocked storage loses the memory, not the page", () => {
  const blocked = () => {
    throw new Error("SecurityError");
  };
  const pending = new PendingHash({ getItem: blocked, setItem: blocked, removeItem: blocked }, "/x/");
  pending.keep(HASH);
  pending.forget();
  assert.equal(pending.read(), "");
});

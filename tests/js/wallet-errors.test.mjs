// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Trouble, describeError, errorCode } from "../../static/js/wallet-errors.js";

const KINDS = [
  [4001, "refused"],
  [4100, "locked"],
  [-32002, "waiting"],
  [4200, "unsupported"],
  [4900, "offline"],
  [4901, "offline"],
  [4902, "chain-missing"],
  [-32603, "failed"],
];

test("each mood of a wallet has its own kind and sentence", () => {
  for (const [code, kind] of KINDS) assert.equal(describeError({ code }).kind, kind);
  const sentences = KINDS.map(([code]) => describeError({ code }).sentence);
  assert.equal(new Set(sentences).size, sentences.length);
});

test("a wrapped code is found, wherever the wallet put it", () => {
  assert.equal(errorCode({ code: -32603, data: { originalError: { code: 4902 } } }), 4902);
  assert.equal(errorCode({ code: -32603, cause: { code: 4001 } }), 4001);
  assert.equal(errorCode({ data: { code: 4100 } }), 4100);
  assert.equal(errorCode({ code: -32603, data: { code: 3 } }), -32603);
});

test("too little money is named, whatever code carries it", () => {
  assert.equal(describeError({ code: -32000, message: "insufficient funds for gas * price + value" }).kind, "funds");
});

test("nonsense still ends in a sentence with a way on", () => {
  for (const error of [undefined, null, "no", 7, {}, new Error("x"), { code: "4001" }]) {
    assert.match(describeError(error).sentence, /try again|another wallet/i);
  }
});

test("a trouble of ours speaks for itself", () => {
  assert.deepEqual(describeError(new Trouble("Say this.", "locked")), { kind: "locked", sentence: "Say this." });
});

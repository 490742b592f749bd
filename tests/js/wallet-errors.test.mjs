// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { UserFacingError, describeError, errorCode } from "../../static/js/wallet-errors.js";

/** @type {[number, string][]} */
const KINDS = [
  [4001, "refused"],
  [4100, "locked"],
  [-32002, "waiting"],
  [4200, "unsupported"],
  [4900, "offline"],
  [4901, "offline"],
  [4902, "chain-missing"],
  [-32603, "failed"],
  [5001, "chain-missing"],
  [5002, "unsupported"],
  [6000, "ended"],
];

test("each mood of a wallet has its own kind and sentence", () => {
  for (const [code, kind] of KINDS) assert.equal(describeError({ code }).kind, kind);
  const messages = KINDS.map(([code]) => describeError({ code }).message);
  assert.equal(new Set(messages).size, messages.length);
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

test("a refusal over WalletConnect is a refusal", () => {
  assert.deepEqual(describeError({ code: 5000, message: "User rejected." }), describeError({ code: 4001 }));
});

test("an error that throws when it is read ends in a sentence too", () => {
  const trap = new Proxy(
    {},
    {
      get: () => {
        throw new Error("boo");
      },
    },
  );
  assert.equal(describeError(trap).kind, "failed");
});

test("nonsense still ends in a sentence with a way on", () => {
  for (const error of [undefined, null, "no", 7, {}, new Error("x"), { code: "4001" }]) {
    assert.match(describeError(error).message, /try again|another wallet/i);
  }
});

test("a trouble of ours speaks for itself", () => {
  assert.deepEqual(describeError(new UserFacingError("Say this.", "locked")), {
    kind: "locked",
    message: "Say this.",
  });
});

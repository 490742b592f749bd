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

test("each error code has its kind and its own message", () => {
  for (const [code, kind] of KINDS) assert.equal(describeError({ code }).kind, kind);
  const messages = KINDS.map(([code]) => describeError({ code }).message);
  assert.equal(new Set(messages).size, messages.length);
});

test("a wrapped code is found in every place wallets use", () => {
  assert.equal(errorCode({ code: -32603, data: { originalError: { code: 4902 } } }), 4902);
  assert.equal(errorCode({ code: -32603, cause: { code: 4001 } }), 4001);
  assert.equal(errorCode({ data: { code: 4100 } }), 4100);
  assert.equal(errorCode({ code: -32603, data: { code: 3 } }), -32603);
});

test("insufficient funds are recognized with any code", () => {
  assert.equal(describeError({ code: -32000, message: "insufficient funds for gas * price + value" }).kind, "funds");
});

test("a refusal over WalletConnect is described like any other refusal", () => {
  assert.deepEqual(describeError({ code: 5000, message: "User rejected." }), describeError({ code: 4001 }));
});

test("an error that throws when it is read gets a message", () => {
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

test("malformed errors get a message with advice", () => {
  for (const error of [undefined, null, "no", 7, {}, new Error("x"), { code: "4001" }]) {
    assert.match(describeError(error).message, /try again|another wallet/i);
  }
});

test("a UserFacingError keeps its kind and message", () => {
  assert.deepEqual(describeError(new UserFacingError("Message.", "locked")), {
    kind: "locked",
    message: "Message.",
  });
});

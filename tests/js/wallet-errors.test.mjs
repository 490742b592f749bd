// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { UserFacingError } from "../../profiles/static/profiles/js/user-facing-error.js";
import { describeError, errorCode } from "../../nft/static/nft/js/wallet-errors.js";

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

/** Refusals as wallets and their libraries write them. */
const REFUSALS = [
  { code: "4001", message: "User rejected the request." },
  { code: "ACTION_REJECTED", message: "user rejected action" },
  { code: -32603, message: "MetaMask Tx Signature: User denied transaction signature." },
  { code: -32000, message: "User canceled" },
  { code: 4100, message: "Request rejected by user" },
  { code: -32603, message: "Internal JSON-RPC error.", data: { originalError: { code: 4001 } } },
  { code: "UNKNOWN_ERROR", error: { code: 4001, message: "no" } },
  { info: { error: { code: 4001, message: "no" } } },
  { message: "User closed modal" },
  "User rejected the request",
  { code: -32603, message: "", data: { message: "User denied message signature" } },
];

test("a refusal is one, whatever its code says", () => {
  for (const error of REFUSALS) assert.equal(describeError(error).kind, "refused", JSON.stringify(error));
});

/** @type {[unknown, string][]} */
const TOLD_BY_TEXT = [
  [{ code: -32603, message: 'Unrecognized chain ID "0x7a69". Try adding the chain first.' }, "chain-missing"],
  [{ code: "4902", message: "x" }, "chain-missing"],
  [{ code: -32603, message: "The chain with id 5 has not been added" }, "chain-missing"],
  [{ code: -32000, message: "Request of type 'wallet_requestPermissions' already pending for origin" }, "waiting"],
  [{ code: -32603, message: "Already processing eth_requestAccounts. Please wait." }, "waiting"],
  [{ code: -32603, message: "The method personal_sign does not exist/is not available" }, "unsupported"],
  [{ message: "Method not found" }, "unsupported"],
  [{ code: "UNSUPPORTED_OPERATION" }, "unsupported"],
  [{ code: -32603, message: "Failed to fetch" }, "offline"],
  [{ code: "NETWORK_ERROR", message: "could not detect network" }, "offline"],
  [{ code: -32603, message: "Too Many Requests" }, "busy"],
  [{ code: -32603, data: { cause: null, message: "insufficient funds for gas" } }, "funds"],
  [{ code: -32603, message: "Execution prevented because the circuit breaker is open" }, "busy"],
  [{ code: -32002, message: "RPC endpoint returned too many errors", data: { message: "circuit breaker" } }, "busy"],
];

test("a general code is made precise by its text", () => {
  for (const [error, kind] of TOLD_BY_TEXT) assert.equal(describeError(error).kind, kind, JSON.stringify(error));
});

test("an open circuit breaker is told apart from other trouble", () => {
  assert.match(describeError({ code: -32603, message: "circuit breaker is open" }).message, /another RPC address/);
});

test("an error that holds itself is read once", () => {
  /** @type {any} */
  const error = { code: -32603, message: "x" };
  error.cause = error;
  error.data = { originalError: error };
  assert.equal(describeError(error).kind, "failed");
});

test("malformed errors get a message with advice", () => {
  for (const error of [undefined, null, "no", 7, {}, new Error("x"), { code: "x" }, { code: {} }]) {
    assert.match(describeError(error).message, /try again|another wallet/i);
  }
});

test("a UserFacingError keeps its kind and message", () => {
  assert.deepEqual(describeError(new UserFacingError("Message.", "locked")), {
    kind: "locked",
    message: "Message.",
  });
});

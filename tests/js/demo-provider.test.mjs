// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { DemoProvider } from "../../nft/static/nft/js/demo-provider.js";

const ALICE = `0x${"a".repeat(40)}`;
const BOB = `0x${"b".repeat(40)}`;

/**
 * Build a demo wallet with a node that records calls. `answers` are the user's answers, in turn.
 * @param {string[]} answers
 */
function demo(...answers) {
  /** @type {[string, unknown[]][]} */
  const calls = [];
  /** @type {any[]} */
  const questions = [];
  const items = new Map();
  const provider = new DemoProvider({
    rpc: async (method, params) => (
      calls.push([method, params]),
      method === "eth_accounts" ? [ALICE, BOB] : `result of ${method}`
    ),
    ask: async (question) => (questions.push(question), answers.shift() ?? ""),
    chainId: 31337,
    store: {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => items.set(key, value),
      removeItem: (key) => items.delete(key),
    },
  });
  return { provider, calls, questions };
}

const withCode = (/** @type {number} */ code) => (/** @type {{code: number}} */ error) => error.code === code;

test("connecting asks for an account and shares only that one", async () => {
  const { provider, questions } = demo(BOB);
  assert.deepEqual(await provider.request({ method: "eth_accounts" }), []);
  assert.deepEqual(await provider.request({ method: "eth_requestAccounts" }), [BOB]);
  assert.deepEqual(await provider.request({ method: "eth_accounts" }), [BOB]);
  assert.deepEqual(
    questions[0].accounts.map((/** @type {{name: string}} */ { name }) => name),
    ["Alice", "Bob"],
  );
});

test("a refusal is error 4001, and nothing is signed", async () => {
  const { provider, calls } = demo(ALICE, "");
  await provider.request({ method: "eth_requestAccounts" });
  await assert.rejects(provider.request({ method: "personal_sign", params: ["0x68", ALICE] }), withCode(4001));
  assert.equal(
    calls.some(([method]) => method === "personal_sign"),
    false,
  );
});

test("an account that is not connected is error 4100, without asking the user", async () => {
  const { provider, questions } = demo(ALICE);
  await provider.request({ method: "eth_requestAccounts" });
  const calls = [
    { method: "personal_sign", params: ["0x68", BOB] },
    { method: "eth_sendTransaction", params: [{ from: BOB }] },
    { method: "eth_signTypedData_v4", params: [BOB, "{}"] },
  ];
  for (const call of calls) await assert.rejects(provider.request(call), withCode(4100));
  assert.equal(questions.length, 1);
});

test("a second question while one is open is error -32002", async () => {
  const { provider } = demo();
  provider.environment.ask = () => new Promise(() => {});
  void provider.request({ method: "eth_requestAccounts" });
  await new Promise(setImmediate);
  await assert.rejects(provider.request({ method: "eth_requestAccounts" }), withCode(-32002));
});

test("accountsChanged is emitted when the account changes and when it is disconnected", async () => {
  const { provider } = demo(ALICE, ALICE, BOB);
  /** @type {unknown[]} */
  const heard = [];
  provider.on("accountsChanged", (accounts) => heard.push(accounts));
  for (let time = 0; time < 3; time += 1) await provider.request({ method: "eth_requestAccounts" });
  await provider.request({ method: "wallet_revokePermissions" });
  assert.deepEqual(heard, [[ALICE], [BOB], []]);
});

test("only the local chain is supported", async () => {
  const { provider } = demo();
  assert.equal(await provider.request({ method: "eth_chainId" }), "0x7a69");
  assert.equal(await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: "0x7a69" }] }), null);
  await assert.rejects(
    provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: "0x1" }] }),
    withCode(4902),
  );
  await assert.rejects(
    provider.request({ method: "wallet_addEthereumChain", params: [{ chainId: "0x1" }] }),
    withCode(4902),
  );
});

test("reads go to the node; other methods are error 4200", async () => {
  const { provider } = demo();
  assert.equal(await provider.request({ method: "eth_blockNumber" }), "result of eth_blockNumber");
  for (const method of ["anvil_setBalance", "evm_mine", "debug_traceTransaction"]) {
    await assert.rejects(provider.request({ method }), withCode(4200));
  }
});

test("methods with which the node would sign or send without approval are not forwarded", async () => {
  const { provider } = demo(ALICE);
  await provider.request({ method: "eth_requestAccounts" });
  for (const method of [
    "eth_sign",
    "eth_signTransaction",
    "eth_signTypedData",
    "eth_sendRawTransaction",
    "eth_sendUnsignedTransaction",
  ]) {
    await assert.rejects(provider.request({ method, params: [ALICE, "0x"] }), withCode(4200));
  }
});

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAccounts, parseChainId, parseHash, parseSignature } from "../../nft/static/nft/js/wallet-answers.js";

const ADDRESS = `0x${"aB".repeat(20)}`;
const HASH = `0x${"cd".repeat(32)}`;

test("a chain id is read in every form that wallets give it", () => {
  const forms = ["0x7a69", "0x7A69", "0X7A69", " 0x7a69 ", "0x007a69", 31337, 31337n, "31337", "eip155:31337"];
  const wrapped = [{ chainId: "0x7a69" }, { chainId: 31337, isConnected: true }, { jsonrpc: "2.0", result: "0x7a69" }];
  for (const form of [...forms, ...wrapped]) assert.equal(parseChainId(form), 31337, String(form));
});

test("a chain id that cannot be read is none, and no other one", () => {
  const forms = [
    undefined,
    null,
    "",
    "0x",
    "main",
    "7a69",
    NaN,
    1.5,
    -1,
    0,
    "0x0",
    {},
    [],
    true,
    2 ** 60,
    { chainId: {} },
  ];
  for (const form of forms) assert.equal(parseChainId(form), 0, String(form));
});

test("accounts are read in every form that wallets give them", () => {
  const forms = [[ADDRESS], ADDRESS, [`eip155:1:${ADDRESS}`], [{ address: ADDRESS }], { accounts: [ADDRESS] }];
  const odd = [{ result: [ADDRESS] }, [null, ADDRESS], [` ${ADDRESS}`], [ADDRESS.replace("0x", "0X")]];
  for (const form of [...forms, ...odd]) assert.deepEqual(parseAccounts(form), [ADDRESS], JSON.stringify(form));
});

test("what holds no account is an empty list", () => {
  for (const form of [undefined, null, [], {}, "", 7, [null], ["0x12"], { accounts: null }, [{}]])
    assert.deepEqual(parseAccounts(form), [], JSON.stringify(form));
});

test("a signature is read in every form that wallets give it", () => {
  const forms = [
    "0xab01",
    " 0xab01\n",
    Uint8Array.of(0xab, 1),
    [0xab, 1],
    { signature: "0xab01" },
    { result: "0xab01" },
  ];
  for (const form of [...forms, { sig: "0xab01", v: 27 }]) assert.equal(parseSignature(form), "0xab01");
  assert.equal(parseSignature("ab01"), "ab01"); // the server takes it as it is
  assert.equal(parseSignature("0x"), "0x"); // a Safe approved the text on its chain
});

test("an answer without a signature has none", () => {
  for (const form of [undefined, null, "", {}, [], true, 7, { safeTxHash: HASH }, { signature: null }, [300]])
    assert.equal(parseSignature(form), "", JSON.stringify(form));
});

test("a transaction hash is read in every form that wallets give it", () => {
  const forms = [
    HASH,
    HASH.slice(2),
    HASH.replace("0x", "0X"),
    { hash: HASH },
    { transactionHash: HASH },
    { txHash: HASH },
  ];
  for (const form of [...forms, { result: HASH }, ` ${HASH}`])
    assert.equal(parseHash(form), HASH, JSON.stringify(form));
  for (const form of [undefined, null, {}, [], 7, true]) assert.equal(parseHash(form), "");
});

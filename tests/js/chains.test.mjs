// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { buildAddChainParameters, describeSwitchError, switchChain } from "../../static/js/chains.js";

const LOCAL = { id: 31337, name: "Local chain", explorer_url: "", currency: "ETH", rpc_url: "http://127.0.0.1:8545" };
const MAIN = { id: 1, name: "Ethereum", explorer_url: "https://etherscan.example", currency: "ETH", rpc_url: "" };

/**
 * A wallet on chain 5 that knows `known` and records what it was asked.
 * @param {number[]} known
 */
function walletKnowing(known, { stubborn = false } = {}) {
  /** @type {string[]} */
  const asked = [];
  let current = 5;
  /** @type {Record<string, (params: any[]) => unknown>} */
  const methods = {
    eth_chainId: () => `0x${current.toString(16)}`,
    wallet_switchEthereumChain: ([{ chainId }]) => {
      if (!known.includes(Number(chainId))) throw Object.assign(new Error("Unrecognized chain"), { code: 4902 });
      if (!stubborn) current = Number(chainId);
      return null;
    },
    wallet_addEthereumChain: ([{ chainId }]) => void known.push(Number(chainId)),
  };
  const request = async (/** @type {{method: string, params?: any}} */ { method, params = [] }) => (
    asked.push(method),
    methods[method]?.(params)
  );
  return { asked, request };
}

test("a known chain is switched to", async () => {
  const wallet = walletKnowing([31337]);
  await switchChain(wallet, LOCAL);
  assert.deepEqual(wallet.asked, ["wallet_switchEthereumChain", "eth_chainId"]);
});

test("an unknown chain with a node is added, then switched to", async () => {
  const wallet = walletKnowing([]);
  await switchChain(wallet, LOCAL);
  assert.ok(wallet.asked.includes("wallet_addEthereumChain"));
});

test("an unknown chain without a node is for the person to add", async () => {
  await assert.rejects(switchChain(walletKnowing([]), MAIN), /does not know Ethereum/);
});

test("a wallet that says yes but stays where it was is noticed", async () => {
  await assert.rejects(switchChain(walletKnowing([31337], { stubborn: true }), LOCAL), /did not move to Local chain/);
});

test("EIP-3085 parameters name the chain in hex and leave out an explorer there is none of", () => {
  assert.equal(buildAddChainParameters(LOCAL).chainId, "0x7a69");
  assert.equal("blockExplorerUrls" in buildAddChainParameters(LOCAL), false);
  assert.deepEqual(buildAddChainParameters(MAIN).blockExplorerUrls, ["https://etherscan.example"]);
});

test("a wallet that can't switch is switched by hand", () => {
  assert.match(describeSwitchError({ code: 4200 }, LOCAL), /Choose Local chain in it/);
});

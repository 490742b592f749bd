// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  buildAddChainParameters,
  describeSwitchError,
  fetchChainId,
  switchChain,
} from "../../nft/static/nft/js/chains.js";

const LOCAL = { id: 31337, name: "Local chain", explorer_url: "", currency: "ETH", rpc_url: "http://127.0.0.1:8545" };
const MAIN = { id: 1, name: "Ethereum", explorer_url: "https://etherscan.example", currency: "ETH", rpc_url: "" };

/**
 * Build a wallet on chain 5 that knows the chains `known` and records the methods called.
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

test("a chain the wallet knows is switched to", async () => {
  const wallet = walletKnowing([31337]);
  await switchChain(wallet, LOCAL);
  assert.deepEqual(wallet.asked, ["wallet_switchEthereumChain", "eth_chainId"]);
});

test("an unknown chain with an RPC URL is added, then switched to", async () => {
  const wallet = walletKnowing([]);
  await switchChain(wallet, LOCAL);
  assert.ok(wallet.asked.includes("wallet_addEthereumChain"));
});

test("an unknown chain without an RPC URL has to be added by the user", async () => {
  await assert.rejects(switchChain(walletKnowing([]), MAIN), /does not know Ethereum/);
});

test("a wallet that reports success without switching is detected", async () => {
  await assert.rejects(switchChain(walletKnowing([31337], { stubborn: true }), LOCAL), /did not move to Local chain/);
});

test("a wallet that answers before it has moved is asked again", async () => {
  const wallet = walletKnowing([31337], { stubborn: true });
  let asked = 0;
  const request = async (/** @type {any} */ call) =>
    call.method === "eth_chainId" && (asked += 1) > 2 ? 31337 : wallet.request(call);
  await switchChain({ request }, LOCAL);
  assert.equal(asked, 3);
});

test("an unknown chain is one under any code", async () => {
  const errors = [
    { code: -32603, message: 'Unrecognized chain ID "0x7a69".' },
    { code: "4902", message: "" },
    { code: -32603, message: "", data: { originalError: { code: 4902 } } },
  ];
  for (const error of errors) {
    const wallet = walletKnowing([]);
    const request = async (/** @type {any} */ call) =>
      wallet.request(call).catch((/** @type {any} */ thrown) => {
        throw thrown.code === 4902 ? Object.assign(new Error(error.message), error) : thrown;
      });
    await switchChain({ request }, LOCAL);
    assert.ok(wallet.asked.includes("wallet_addEthereumChain"), JSON.stringify(error));
  }
});

test("a chain id is read as hex and as a number", async () => {
  for (const answer of ["0x7a69", 31337]) assert.equal(await fetchChainId({ request: async () => answer }), 31337);
});

test("EIP-3085 parameters have the chain id in hex and omit a missing explorer", () => {
  assert.equal(buildAddChainParameters(LOCAL).chainId, "0x7a69");
  assert.equal("blockExplorerUrls" in buildAddChainParameters(LOCAL), false);
  assert.deepEqual(buildAddChainParameters(MAIN).blockExplorerUrls, ["https://etherscan.example"]);
});

test("a wallet that does not support switching gets a message how to do it by hand", () => {
  assert.match(describeSwitchError({ code: 4200 }, LOCAL), /Choose Local chain in it/);
});

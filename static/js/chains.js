// @ts-check
import { UserFacingError, describeError, errorCode } from "./wallet-errors.js";

/**
 * Chains this site reads, as the page gives them, and moving a wallet to one (EIP-3326, EIP-3085).
 *
 * @typedef {{id: number, name: string, explorer_url: string, currency: string, rpc_url: string}} Chain
 * @typedef {import("./wallets.js").Provider} Provider
 */

/**
 * @param {Document} page
 * @returns {Chain[]}
 */
export function parseChains(page) {
  return JSON.parse(page.getElementById("chains")?.textContent ?? "[]");
}

/** @param {number} id */
export function chainHex(id) {
  return `0x${id.toString(16)}`;
}

/** @param {Provider} provider */
export async function fetchChainId(provider) {
  return Number.parseInt(String(await provider.request({ method: "eth_chainId" })), 16);
}

/**
 * @param {Chain} chain with an rpc_url: a node that any wallet may use
 */
export function buildAddChainParameters(chain) {
  return {
    chainId: chainHex(chain.id),
    chainName: chain.name,
    nativeCurrency: { name: chain.currency, symbol: chain.currency, decimals: 18 },
    rpcUrls: [chain.rpc_url],
    ...(chain.explorer_url ? { blockExplorerUrls: [chain.explorer_url] } : {}),
  };
}

/**
 * Resolves once the wallet really is on the chain.
 * @param {Provider} provider
 * @param {Chain} chain
 */
export async function switchChain(provider, chain) {
  const params = [{ chainId: chainHex(chain.id) }];
  try {
    await provider.request({ method: "wallet_switchEthereumChain", params });
  } catch (error) {
    if (errorCode(error) !== 4902) throw error;
    if (!chain.rpc_url)
      throw new UserFacingError(
        `Your wallet does not know ${chain.name} yet. Add it in your wallet’s network settings, then try again.`,
        "chain-missing",
      );
    await provider.request({ method: "wallet_addEthereumChain", params: [buildAddChainParameters(chain)] });
    await provider.request({ method: "wallet_switchEthereumChain", params });
  }
  if ((await fetchChainId(provider)) !== chain.id) {
    throw new UserFacingError(
      `Your wallet did not move to ${chain.name}. Choose it in the wallet, then try again.`,
      "chain-missing",
    );
  }
}

/**
 * Wallets that cannot switch say so with a shrug; the person can still do it by hand.
 * @param {any} error
 * @param {Chain} chain
 */
export function describeSwitchError(error, chain) {
  const { kind, sentence } = describeError(error);
  return kind === "unsupported"
    ? `Your wallet cannot switch by itself. Choose ${chain.name} in it, then try again.`
    : sentence;
}

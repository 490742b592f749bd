// @ts-check
import { UserFacingError, describeError, errorCode } from "./wallet-errors.js";

/**
 * The chains this site supports, and switching a wallet to one of them (EIP-3326, EIP-3085).
 *
 * @typedef {{id: number, name: string, explorer_url: string, currency: string, rpc_url: string}} Chain
 * @typedef {import("./wallets.js").Provider} Provider
 */

/**
 * Parse the list of supported chains embedded in the page.
 * @param {Document} page
 * @returns {Chain[]}
 */
export function parseChains(page) {
  return JSON.parse(page.getElementById("chains")?.textContent ?? "[]");
}

/**
 * Return a chain id in hex, as wallets expect it.
 * @param {number} id
 */
export function chainHex(id) {
  return `0x${id.toString(16)}`;
}

/**
 * Fetch the id of the chain the wallet is on.
 * @param {Provider} provider
 */
export async function fetchChainId(provider) {
  return Number.parseInt(String(await provider.request({ method: "eth_chainId" })), 16);
}

/**
 * Build the parameters of wallet_addEthereumChain (EIP-3085).
 * @param {Chain} chain with an `rpc_url`
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
 * Switch the wallet to the chain, adding the chain first if the wallet does not know it. Ask the wallet for its chain
 * afterwards, since some wallets report success without switching.
 * @param {Provider} provider
 * @param {Chain} chain
 * @throws {UserFacingError} if the wallet does not know the chain or is still on another one
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
 * Return the message for a failed switch. If the wallet does not support switching, it says how to do it by hand.
 * @param {any} error
 * @param {Chain} chain
 */
export function describeSwitchError(error, chain) {
  const { kind, message } = describeError(error);
  return kind === "unsupported"
    ? `Your wallet cannot switch by itself. Choose ${chain.name} in it, then try again.`
    : message;
}

// @ts-check
import { parseChainId } from "./wallet-answers.js";
import { UserFacingError } from "../../profiles/js/user-facing-error.js";
import { describeError, errorCode } from "./wallet-errors.js";
import { gettext } from "../../profiles/js/words.js";

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

/** How often a wallet that switched is asked again, as some answer before they have moved. */
const CHECKS = 10;
const CHECK_MS = 150;

/**
 * Fetch the id of the chain the wallet is on, 0 if its answer is unreadable.
 * @param {Provider} provider
 */
export async function fetchChainId(provider) {
  return parseChainId(await provider.request({ method: "eth_chainId" }));
}

/**
 * Wait until the wallet is on the chain.
 * @param {Provider} provider
 * @param {number} id
 * @returns {Promise<boolean>} whether it got there
 */
async function hasMovedTo(provider, id) {
  for (let check = 0; check < CHECKS; check += 1) {
    if ((await fetchChainId(provider)) === id) return true;
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  }
  return false;
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
 * afterwards, since some wallets report success without switching, and others before they have switched.
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
        gettext("Your wallet does not know {chain} yet. Add it in your wallet’s network settings, then try again.", {
          chain: chain.name,
        }),
        "chain-missing",
      );
    await provider.request({ method: "wallet_addEthereumChain", params: [buildAddChainParameters(chain)] });
    await provider.request({ method: "wallet_switchEthereumChain", params });
  }
  if (!(await hasMovedTo(provider, chain.id))) {
    throw new UserFacingError(
      gettext("Your wallet did not move to {chain}. Choose it in the wallet, then try again.", { chain: chain.name }),
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
    ? gettext("Your wallet cannot switch by itself. Choose {chain} in it, then try again.", { chain: chain.name })
    : message;
}

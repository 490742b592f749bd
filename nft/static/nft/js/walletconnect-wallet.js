// @ts-check
import { PairingDialog } from "./pairing-dialog.js";
import { WalletConnectProvider, loadClient } from "./walletconnect.js";

/**
 * WalletConnect as an entry of the wallet list, if the site has a project id.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 */

const ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#e7eefb"/><path d="M8 8h6v6H8zM18 8h6v6h-6zM8 18h6v6H8z" fill="none" stroke="#1d4fd7" stroke-width="2.5"/><path d="M18 18h2.5v2.5H18zM22 22h2.5v2.5H22z" fill="#1d4fd7"/></svg>',
  );

/** @type {Wallet | undefined} one per page: two clients would receive each other's messages */
let wallet;

/**
 * Return the WalletConnect entry, or an empty list without a project id.
 * @param {Document} page
 * @param {import("./chains.js").Chain[]} chains
 * @returns {Wallet[]}
 */
export function remoteWallets(page, chains) {
  const settings = JSON.parse(page.getElementById("walletconnect")?.textContent ?? "null");
  if (!settings) return [];
  wallet ??= buildWallet(settings, chains);
  return [wallet];
}

/**
 * Build the entry of the list.
 * @param {import("./walletconnect.js").Settings} settings
 * @param {import("./chains.js").Chain[]} chains
 * @returns {Wallet}
 */
function buildWallet(settings, chains) {
  const provider = new WalletConnectProvider({
    load: () => loadClient(settings),
    chains,
    pairing: new PairingDialog(),
  });
  return {
    // Once a wallet is connected, it is listed under its name.
    get name() {
      return provider.peerName || "WalletConnect";
    },
    icon: ICON,
    rdns: "walletconnect",
    provider,
    isRemote: true,
    appLink: () => provider.appLink,
  };
}

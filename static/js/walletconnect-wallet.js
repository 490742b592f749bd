// @ts-check
import { PairingDialog } from "./pairing-dialog.js";
import { WalletConnectProvider, loadClient } from "./walletconnect.js";

/**
 * WalletConnect as one more wallet of the list, where the site has a project id.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 */

const ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#e7eefb"/><path d="M8 8h6v6H8zM18 8h6v6h-6zM8 18h6v6H8z" fill="none" stroke="#1d4fd7" stroke-width="2.5"/><path d="M18 18h2.5v2.5H18zM22 22h2.5v2.5H22z" fill="#1d4fd7"/></svg>',
  );

/** @type {Wallet | undefined} one for the page: two clients would quarrel over the same messages */
let wallet;

/**
 * @param {Document} page
 * @param {import("./chains.js").Chain[]} chains
 * @returns {Wallet[]} none without a project id
 */
export function remoteWallets(page, chains) {
  const settings = JSON.parse(page.getElementById("walletconnect")?.textContent ?? "null");
  if (!settings) return [];
  wallet ??= makeWallet(settings, chains);
  return [wallet];
}

/**
 * @param {import("./walletconnect.js").Settings} settings
 * @param {import("./chains.js").Chain[]} chains
 * @returns {Wallet}
 */
function makeWallet(settings, chains) {
  const provider = new WalletConnectProvider({
    load: () => loadClient(settings),
    chains,
    pairing: new PairingDialog(),
  });
  return {
    // Once one is connected, people look for it under its own name.
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

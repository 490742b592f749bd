// @ts-check
/**
 * The wallet this browser used last, which is listed first the next time. It is identified by its rdns, which stays the
 * same between page loads, unlike its uuid (EIP-6963). Used only for sorting.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {{getItem(key: string): string | null, setItem(key: string, value: string): void}} Store
 */

const KEY = "last-wallet";

/**
 * Return the stored identity of a wallet.
 * @param {Wallet} wallet
 */
const storageKey = ({ rdns, name }) => rdns || name;

/**
 * Store the wallet as the one used last.
 * @param {() => Store} store `() => localStorage`, which throws if storage is blocked
 * @param {Wallet} wallet
 */
export function rememberWallet(store, wallet) {
  try {
    store().setItem(KEY, storageKey(wallet));
  } catch {
    // Blocked storage: the wallets are not sorted next time.
  }
}

/**
 * Return the wallets with the one used last at the front.
 * @param {() => Store} store
 * @param {Wallet[]} wallets
 * @returns {Wallet[]}
 */
export function lastUsedFirst(store, wallets) {
  let last = null;
  try {
    last = store().getItem(KEY);
  } catch {
    return wallets;
  }
  const isLast = (/** @type {Wallet} */ wallet) => storageKey(wallet) === last;
  return [...wallets.filter(isLast), ...wallets.filter((wallet) => !isLast(wallet))];
}

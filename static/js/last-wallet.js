// @ts-check
/**
 * Which wallet this browser used last, so that it stands first the next time. Wallets keep their rdns over page loads
 * (EIP-6963); their uuid is new each time. It orders a list and proves nothing.
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {{getItem(key: string): string | null, setItem(key: string, value: string): void}} Store
 */

const KEY = "last-wallet";

/** @param {Wallet} wallet */
const storageKey = ({ rdns, name }) => rdns || name;

/**
 * @param {() => Store} store `() => localStorage`, which throws where people forbid it
 * @param {Wallet} wallet
 */
export function rememberWallet(store, wallet) {
  try {
    store().setItem(KEY, storageKey(wallet));
  } catch {
    // Nothing is lost but the order.
  }
}

/**
 * @param {() => Store} store
 * @param {Wallet[]} wallets
 * @returns {Wallet[]} the same, the one used last at the front
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

// @ts-check
/**
 * A transaction's hash, kept in this browser from the moment the wallet hands it over until our server has it: a page
 * closed in between loses nothing.
 *
 * @typedef {{getItem(key: string): string | null, setItem(key: string, value: string): void,
 *   removeItem(key: string): void}} Store
 */

export class PendingHash {
  /**
   * @param {Store} store
   * @param {string} url where the hash is to be posted; it names the mint or the transfer
   */
  constructor(store, url) {
    this.store = store;
    this.key = `sent:${url}`;
  }

  /** @returns {string} "" when nothing waits */
  read() {
    try {
      const hash = this.store.getItem(this.key) ?? "";
      return isTransactionHash(hash) ? hash : "";
    } catch {
      return "";
    }
  }

  /** @param {string} hash */
  keep(hash) {
    try {
      this.store.setItem(this.key, hash);
    } catch {
      // Blocked or full storage: the hash then lives as long as the page.
    }
  }

  forget() {
    try {
      this.store.removeItem(this.key);
    } catch {
      // Nothing was kept, so nothing is left.
    }
  }
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
export function isTransactionHash(value) {
  return typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value);
}

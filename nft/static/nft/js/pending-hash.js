// @ts-check
/**
 * The hash of a sent transaction, stored in this browser until the server has it. If the page is closed in between, it
 * is reported on the next visit.
 *
 * @typedef {{getItem(key: string): string | null, setItem(key: string, value: string): void,
 *   removeItem(key: string): void}} Store
 */

export class PendingHash {
  /**
   * @param {Store} store
   * @param {string} url URL to which the hash is posted, which identifies the mint or transfer
   */
  constructor(store, url) {
    this.store = store;
    this.key = `sent:${url}`;
  }

  /** @returns {string} "" if there is none */
  read() {
    try {
      const hash = this.store.getItem(this.key) ?? "";
      return isTransactionHash(hash) ? hash : "";
    } catch {
      return "";
    }
  }

  /** @param {string} hash */
  save(hash) {
    try {
      this.store.setItem(this.key, hash);
    } catch {
      // Blocked or full storage: the hash is kept only while the page is open.
    }
  }

  clear() {
    try {
      this.store.removeItem(this.key);
    } catch {
      // Blocked storage: nothing was stored.
    }
  }
}

/**
 * Return whether `value` is `0x` and 64 hex digits.
 * @param {unknown} value
 * @returns {value is string}
 */
export function isTransactionHash(value) {
  return typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value);
}

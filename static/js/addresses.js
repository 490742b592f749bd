// @ts-check
/** Addresses as people read them. Checksums (EIP-55) are the server's work; here case never matters. */

/**
 * @param {unknown} value
 * @returns {value is string}
 */
export function isAddress(value) {
  return typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value);
}

/**
 * @param {string} one
 * @param {string} other
 */
export function isSameAddress(one, other) {
  return one.toLowerCase() === other.toLowerCase();
}

/** @param {string} address `0x1234…cdef`, enough to tell one's own accounts apart */
export function shortAddress(address) {
  return isAddress(address) ? `${address.slice(0, 6)}…${address.slice(-4)}` : address;
}

/**
 * The address as the server wrote it in an EIP-4361 text, second line, if it is the one we asked for.
 * @param {string} text
 * @param {string} address
 */
export function checksummedAddress(text, address) {
  const line = text.split("\n")[1] ?? "";
  return isAddress(line) && isSameAddress(line, address) ? line : address;
}

/** @param {string} text as `0x…`, the form every wallet takes for personal_sign */
export function toHex(text) {
  const bytes = new TextEncoder().encode(text);
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** @param {string} hex undoes toHex; bytes that are no UTF-8 show as U+FFFD */
export function fromHex(hex) {
  const pairs = hex.slice(2).match(/../g) ?? [];
  return new TextDecoder().decode(Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)));
}

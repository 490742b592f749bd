// @ts-check
/** Ethereum addresses. The server computes checksums (EIP-55); comparisons here ignore case. */

/**
 * Return whether `value` is `0x` and 40 hex digits.
 * @param {unknown} value
 * @returns {value is string}
 */
export function isAddress(value) {
  return typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value);
}

/**
 * Return whether two addresses are equal, ignoring case.
 * @param {string} one
 * @param {string} other
 */
export function isSameAddress(one, other) {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * Return the address shortened to `0x1234…cdef`. Text that is no address is returned unchanged.
 * @param {string} address
 */
export function shortAddress(address) {
  return isAddress(address) ? `${address.slice(0, 6)}…${address.slice(-4)}` : address;
}

/**
 * Return `address` with its checksum, from the second line of an EIP-4361 message by the server. If the message is for
 * another address, return `address` unchanged.
 * @param {string} text
 * @param {string} address
 */
export function checksummedAddress(text, address) {
  const line = text.split("\n")[1] ?? "";
  return isAddress(line) && isSameAddress(line, address) ? line : address;
}

/**
 * Return the UTF-8 bytes of `text` as `0x…`, the form every wallet accepts for personal_sign.
 * @param {string} text
 */
export function toHex(text) {
  const bytes = new TextEncoder().encode(text);
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * Return the text that `toHex` encoded. Invalid UTF-8 is replaced with U+FFFD.
 * @param {string} hex
 */
export function fromHex(hex) {
  const pairs = hex.slice(2).match(/../g) ?? [];
  return new TextDecoder().decode(Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)));
}

// @ts-check
/**
 * Content identifiers, as far as verification needs them (https://github.com/multiformats/cid).
 *
 * @typedef {{version: 0 | 1, codec: number, hash: number, digest: Uint8Array, text: string, end: number}} Cid
 * `text` is canonical; `end` is the offset after it in the bytes it was parsed from.
 */

export const RAW = 0x55;
export const DAG_PB = 0x70;
const SHA2_256 = 0x12;
const IDENTITY = 0x00;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Bytes that fail verification. The message is shown to the user. */
export class VerificationError extends Error {}

/**
 * Parse an unsigned LEB128 number of at most seven bytes.
 * @param {Uint8Array} bytes
 * @param {number} offset
 * @returns {[number, number]} the number and the offset after it
 * @throws {VerificationError}
 */
export function parseVarint(bytes, offset) {
  let number = 0;
  for (let index = 0; index < 7; index += 1) {
    const byte = bytes[offset + index];
    if (byte === undefined) throw new VerificationError("The bytes end inside a number.");
    number += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [number, offset + index + 1];
  }
  throw new VerificationError("A number is longer than any that belongs here.");
}

/**
 * Parse a binary CID of version 0 or 1.
 * @param {Uint8Array} bytes
 * @param {number} offset
 * @returns {Cid}
 * @throws {VerificationError}
 */
export function parseCid(bytes, offset) {
  if (bytes[offset] === SHA2_256 && bytes[offset + 1] === 32) {
    const digest = sliceDigest(bytes, offset + 2, 32);
    return {
      version: 0,
      codec: DAG_PB,
      hash: SHA2_256,
      digest,
      text: base58(bytes.subarray(offset, offset + 34)),
      end: offset + 34,
    };
  }
  const [version, afterVersion] = parseVarint(bytes, offset);
  if (version !== 1) throw new VerificationError(`There is no CID version ${version}.`);
  const [codec, afterCodec] = parseVarint(bytes, afterVersion);
  const [hash, afterHash] = parseVarint(bytes, afterCodec);
  const [length, start] = parseVarint(bytes, afterHash);
  const digest = sliceDigest(bytes, start, length);
  return {
    version,
    codec,
    hash,
    digest,
    text: `b${base32(bytes.subarray(offset, start + length))}`,
    end: start + length,
  };
}

/**
 * Return whether the bytes of `block` match `cid`.
 * @param {Cid} cid
 * @param {Uint8Array} block
 * @throws {VerificationError} if the CID uses a hash other than SHA-256 or identity
 */
export async function matchesCid(cid, block) {
  if (cid.hash === IDENTITY) return isEqual(cid.digest, block);
  if (cid.hash !== SHA2_256 || cid.digest.length !== 32)
    throw new VerificationError("A CID uses a hash that this page does not check.");
  return isEqual(cid.digest, await sha256(block));
}

/**
 * Return whether the CID contains the block itself.
 * @param {Cid} cid
 */
export const isInline = (cid) => cid.hash === IDENTITY;

/**
 * Return the SHA-256 of `bytes`.
 * @param {Uint8Array} bytes
 */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes)));
}

/**
 * Return `bytes` in hex, without 0x.
 * @param {Uint8Array} bytes
 */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Return the bytes of a digest.
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} length
 */
function sliceDigest(bytes, start, length) {
  if (start + length > bytes.length) throw new VerificationError("The bytes end inside a hash.");
  return bytes.subarray(start, start + length);
}

/**
 * Return whether two byte strings are equal.
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
const isEqual = (one, other) => one.length === other.length && one.every((byte, index) => byte === other[index]);

/**
 * Encode in lower-case base32 without padding (RFC 4648).
 * @param {Uint8Array} bytes
 */
function base32(bytes) {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits ? text + BASE32[(value << (5 - bits)) & 31] : text;
}

/**
 * Encode in base58btc. Leading zero bytes are dropped, which no CIDv0 has.
 * @param {Uint8Array} bytes
 */
function base58(bytes) {
  let number = BigInt(`0x${hex(bytes)}`);
  let text = "";
  for (; number > 0n; number /= 58n) text = BASE58[Number(number % 58n)] + text;
  return text;
}

// @ts-check
/**
 * Content identifiers, as far as proving needs them (https://github.com/multiformats/cid).
 *
 * @typedef {{version: 0 | 1, codec: number, hash: number, digest: Uint8Array, text: string, end: number}} Cid
 * `text` is canonical; `end` is the offset behind it in the bytes it was read from.
 */

export const RAW = 0x55;
export const DAG_PB = 0x70;
const SHA2_256 = 0x12;
const IDENTITY = 0x00;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Bytes that are not what they claim to be; the message is a sentence for a person. */
export class VerificationError extends Error {}

/**
 * @param {Uint8Array} bytes
 * @param {number} offset
 * @returns {[number, number]} the unsigned LEB128 number there, and the offset behind it
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
 * @param {Uint8Array} bytes
 * @param {number} offset
 * @returns {Cid}
 */
export function parseCid(bytes, offset) {
  if (bytes[offset] === SHA2_256 && bytes[offset + 1] === 32) {
    const digest = take(bytes, offset + 2, 32);
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
  const digest = take(bytes, start, length);
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
 * Whether `block` is exactly what `cid` names.
 * @param {Cid} cid
 * @param {Uint8Array} block
 */
export async function matchesCid(cid, block) {
  if (cid.hash === IDENTITY) return isEqual(cid.digest, block);
  if (cid.hash !== SHA2_256 || cid.digest.length !== 32)
    throw new VerificationError("A CID uses a hash that this page does not check.");
  return isEqual(cid.digest, await sha256(block));
}

/** @param {Cid} cid */
export const isInline = (cid) => cid.hash === IDENTITY;

/** @param {Uint8Array} bytes */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes)));
}

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} length
 */
function take(bytes, start, length) {
  if (start + length > bytes.length) throw new VerificationError("The bytes end inside a hash.");
  return bytes.subarray(start, start + length);
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
const isEqual = (one, other) => one.length === other.length && one.every((byte, index) => byte === other[index]);

/** @param {Uint8Array} bytes */
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

/** @param {Uint8Array} bytes */
function base58(bytes) {
  let number = BigInt(`0x${hex(bytes)}`);
  let text = "";
  for (; number > 0n; number /= 58n) text = BASE58[Number(number % 58n)] + text;
  return text;
}

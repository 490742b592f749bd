// @ts-check
import { gettext } from "../../profiles/js/words.js";

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
const MAX_INLINE_BYTES = 128;
const MAX_CHARACTERS = 512;

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
    if (byte === undefined) throw new VerificationError(gettext("The bytes end inside a number."));
    number += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [number, offset + index + 1];
  }
  throw new VerificationError(gettext("A number is longer than any that belongs here."));
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
  if (version !== 1) throw new VerificationError(gettext("There is no CID version {version}.", { version }));
  const [codec, afterCodec] = parseVarint(bytes, afterVersion);
  const [hash, afterHash] = parseVarint(bytes, afterCodec);
  const [length, start] = parseVarint(bytes, afterHash);
  if (!(hash === SHA2_256 ? length === 32 : hash === IDENTITY && length <= MAX_INLINE_BYTES))
    throw new VerificationError(gettext("A CID uses a hash that this page does not check."));
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
 * Parse a CIDv0, or a CIDv1 in lower-case base32: the forms in which this site writes them.
 * @param {string} text
 * @returns {Cid}
 * @throws {VerificationError}
 */
export function parseCidText(text) {
  const isFirst = text.startsWith("Qm");
  const [alphabet, letters] = isFirst ? [BASE58, text] : [BASE32, text.slice(1)];
  const isText = (isFirst || text.startsWith("b")) && [...letters].every((letter) => alphabet.includes(letter));
  if (!isText || text.length > MAX_CHARACTERS)
    throw new VerificationError(gettext("This is no CID that this page reads."));
  const bytes = isFirst ? fromBase58(letters) : fromBase32(letters);
  const cid = parseCid(bytes, 0);
  if (cid.end !== bytes.length) throw new VerificationError(gettext("There are bytes behind the CID."));
  return cid;
}

/**
 * Return whether the bytes of `block` match `cid`.
 * @param {Cid} cid
 * @param {Uint8Array} block
 */
export async function matchesCid(cid, block) {
  return isEqual(cid.digest, isInline(cid) ? block : await sha256(block));
}

/**
 * Return whether the CID contains the block itself.
 * @param {Cid} cid
 */
export const isInline = (cid) => cid.hash === IDENTITY;

/**
 * Return the name under which a block is kept: two CIDs of one codec and hash are the same block.
 * @param {Cid} cid
 */
export const blockKey = (cid) => `${cid.codec} ${hex(cid.digest)}`;

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
  if (start + length > bytes.length) throw new VerificationError(gettext("The bytes end inside a hash."));
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
 * Decode lower-case base32 without padding.
 * @param {string} text
 */
function fromBase32(text) {
  const bytes = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    value = (value << 5) | BASE32.indexOf(letter);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push(value >> bits);
    }
    value &= (1 << bits) - 1;
  }
  return Uint8Array.from(bytes);
}

/**
 * Decode base58btc.
 * @param {string} text
 */
function fromBase58(text) {
  let number = 0n;
  for (const letter of text) number = number * 58n + BigInt(BASE58.indexOf(letter));
  const digits = number.toString(16);
  return Uint8Array.from((digits.length % 2 ? `0${digits}` : digits).match(/../g) ?? [], (pair) => parseInt(pair, 16));
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

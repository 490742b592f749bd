// @ts-check
/** MurmurHash3 x64 128 with seed 0 (multihash 0x22), of which sharded directories use the first 64 bits. */

const U64 = (1n << 64n) - 1n;
const [C1, C2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn];

/**
 * Rotate a 64-bit number to the left.
 * @param {bigint} value
 * @param {bigint} bits
 */
const rotate = (value, bits) => ((value << bits) | (value >> (64n - bits))) & U64;

/** @param {bigint} k */
const mix1 = (k) => (rotate((k * C1) & U64, 31n) * C2) & U64;

/** @param {bigint} k */
const mix2 = (k) => (rotate((k * C2) & U64, 33n) * C1) & U64;

/**
 * Apply the final mix of MurmurHash3.
 * @param {bigint} value
 */
function finish(value) {
  let mixed = ((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn) & U64;
  mixed = ((mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n) & U64;
  return mixed ^ (mixed >> 33n);
}

/**
 * Return a number from little-endian bytes.
 * @param {Uint8Array} bytes little endian, at most eight
 */
const toNumber = (bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/**
 * Return the first 64 bits of the hash of a name.
 * @param {string} name
 * @returns {bigint}
 */
export function hashName(name) {
  const data = new TextEncoder().encode(name);
  const full = data.length - (data.length % 16);
  let [h1, h2] = [0n, 0n];
  for (let at = 0; at < full; at += 16) {
    h1 = ((rotate(h1 ^ mix1(toNumber(data.subarray(at, at + 8))), 27n) + h2) * 5n + 0x52dce729n) & U64;
    h2 = ((rotate(h2 ^ mix2(toNumber(data.subarray(at + 8, at + 16))), 31n) + h1) * 5n + 0x38495ab5n) & U64;
  }
  h1 ^= mix1(toNumber(data.subarray(full, full + 8))) ^ BigInt(data.length);
  h2 ^= mix2(toNumber(data.subarray(full + 8))) ^ BigInt(data.length);
  h1 = (h1 + h2) & U64;
  h2 = (h2 + h1) & U64;
  return (finish(h1) + finish(h2)) & U64;
}

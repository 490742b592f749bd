// @ts-check
/** Keccak-256 as Ethereum uses it: the SHA-3 finalist, with its padding of 0x01 (https://keccak.team/keccak.html). */

const RATE = 136;
const ROUND_CONSTANTS = [
  0x0000000000000001n,
  0x0000000000008082n,
  0x800000000000808an,
  0x8000000080008000n,
  0x000000000000808bn,
  0x0000000080000001n,
  0x8000000080008081n,
  0x8000000000008009n,
  0x000000000000008an,
  0x0000000000000088n,
  0x0000000080008009n,
  0x000000008000000an,
  0x000000008000808bn,
  0x800000000000008bn,
  0x8000000000008089n,
  0x8000000000008003n,
  0x8000000000008002n,
  0x8000000000000080n,
  0x000000000000800an,
  0x800000008000000an,
  0x8000000080008081n,
  0x8000000000008080n,
  0x0000000080000001n,
  0x8000000080008008n,
].map((constant) => [Number(constant & 0xffffffffn) | 0, Number(constant >> 32n) | 0]);

/** Of each step of rho and pi: the lane that it writes, and by how many bits it rotates. */
const STEPS = Array.from({ length: 24 }).reduce(
  (/** @type {{x: number, y: number, steps: [number, number][]}} */ { x, y, steps }, _, index) => {
    const [nextX, nextY] = [y, (2 * x + 3 * y) % 5];
    steps.push([nextX + 5 * nextY, (((index + 1) * (index + 2)) / 2) % 64]);
    return { x: nextX, y: nextY, steps };
  },
  { x: 1, y: 0, steps: [] },
).steps;

/**
 * Return the hash of `bytes`.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
export function keccak256(bytes) {
  const padded = new Uint8Array(Math.floor(bytes.length / RATE + 1) * RATE);
  padded.set(bytes);
  padded[bytes.length] = 0x01;
  padded[padded.length - 1] = (padded[padded.length - 1] ?? 0) | 0x80;
  const view = new DataView(padded.buffer);
  const state = new Int32Array(50); // each lane as its lower and its upper half
  for (let block = 0; block < padded.length; block += RATE) {
    for (let index = 0; index < RATE / 4; index += 1)
      state[index] = at(state, index) ^ view.getInt32(block + 4 * index, true);
    permute(state);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let index = 0; index < 8; index += 1) digest.setInt32(4 * index, at(state, index), true);
  return new Uint8Array(digest.buffer);
}

/**
 * @param {Int32Array} words
 * @param {number} index
 */
const at = (words, index) => /** @type {number} */ (words[index]);

const columns = new Int32Array(10);
const rotated = new Int32Array(2);
const row = new Int32Array(10);

/** @param {Int32Array} state */
function permute(state) {
  for (const [low = 0, high = 0] of ROUND_CONSTANTS) {
    mixColumns(state);
    moveLanes(state);
    mixRows(state);
    state[0] = at(state, 0) ^ low;
    state[1] = at(state, 1) ^ high;
  }
}

/**
 * The step theta.
 * @param {Int32Array} state
 */
function mixColumns(state) {
  for (let x = 0; x < 10; x += 1)
    columns[x] = at(state, x) ^ at(state, x + 10) ^ at(state, x + 20) ^ at(state, x + 30) ^ at(state, x + 40);
  for (let x = 0; x < 5; x += 1) {
    const [before, after] = [2 * ((x + 4) % 5), 2 * ((x + 1) % 5)];
    rotate(at(columns, after), at(columns, after + 1), 1);
    const [low, high] = [at(columns, before) ^ at(rotated, 0), at(columns, before + 1) ^ at(rotated, 1)];
    for (let lane = 2 * x; lane < 50; lane += 10) {
      state[lane] = at(state, lane) ^ low;
      state[lane + 1] = at(state, lane + 1) ^ high;
    }
  }
}

/**
 * The steps rho and pi.
 * @param {Int32Array} state
 */
function moveLanes(state) {
  let [low, high] = [at(state, 2), at(state, 3)];
  for (const [lane, bits] of STEPS) {
    const [nextLow, nextHigh] = [at(state, 2 * lane), at(state, 2 * lane + 1)];
    rotate(low, high, bits);
    state.set(rotated, 2 * lane);
    [low, high] = [nextLow, nextHigh];
  }
}

/**
 * The step chi.
 * @param {Int32Array} state
 */
function mixRows(state) {
  for (let start = 0; start < 50; start += 10) {
    row.set(state.subarray(start, start + 10));
    for (let x = 0; x < 10; x += 1) state[start + x] = at(row, x) ^ (~at(row, (x + 2) % 10) & at(row, (x + 4) % 10));
  }
}

/**
 * Set `rotated` to the lane, rotated to the left.
 * @param {number} low
 * @param {number} high
 * @param {number} bits
 */
function rotate(low, high, bits) {
  const [one, other, rest] = bits < 32 ? [low, high, bits] : [high, low, bits - 32];
  rotated[0] = rest ? (one << rest) | (other >>> (32 - rest)) : one;
  rotated[1] = rest ? (other << rest) | (one >>> (32 - rest)) : other;
}

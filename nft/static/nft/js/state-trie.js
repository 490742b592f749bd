// @ts-check
import { hex } from "./cid.js";
import { keccak256 } from "./keccak.js";

/**
 * Values of a chain's state, proved by nodes of its Merkle Patricia tries (Ethereum Yellow Paper, appendices B and D).
 * A node counts by its own hash, whoever sent it.
 *
 * @typedef {{content: Uint8Array, isList: boolean}} Item a byte string's content, or a nested list with its prefix
 * @typedef {"malformed" | "node" | "header" | "slot" | "code" | "account" | "document"} Fault
 */

const EMPTY_ROOT = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
const EMPTY = new Uint8Array();

/** What a proof fails by, and where: the account or slot, in hex. The page has the words. */
export class ProofError extends Error {
  /**
   * @param {Fault} fault
   * @param {string} place
   */
  constructor(fault, place = "") {
    super(fault);
    this.fault = fault;
    this.place = place;
  }
}

/**
 * Decode the items of an RLP list that fills `data`. All that is not in its only canonical form is refused.
 * @param {Uint8Array} data
 * @returns {Item[]}
 * @throws {ProofError}
 */
export function readList(data) {
  const { isList, start, end } = readPrefix(data, 0);
  if (!isList || end !== data.length) throw new ProofError("malformed");
  /** @type {Item[]} */
  const items = [];
  for (let offset = start; offset < end;) {
    const item = readPrefix(data, offset);
    if (item.end > end) throw new ProofError("malformed");
    items.push({ content: data.subarray(item.isList ? offset : item.start, item.end), isList: item.isList });
    offset = item.end;
  }
  return items;
}

/**
 * Decode the RLP of a number that fills `data`, or of nothing, which is 0.
 * @param {Uint8Array} data
 */
export function readNumber(data) {
  if (!data.length) return 0n;
  const { isList, start, end } = readPrefix(data, 0);
  if (isList || end !== data.length) throw new ProofError("malformed");
  return toNumber(data.subarray(start));
}

/**
 * Return the number that big-endian bytes write.
 * @param {Uint8Array} bytes
 */
export const toNumber = (bytes) => BigInt(`0x${hex(bytes) || "0"}`);

/**
 * @param {Uint8Array} data
 * @param {number} offset
 */
function readPrefix(data, offset) {
  const first = data[offset];
  if (first === undefined) throw new ProofError("malformed");
  if (first < 0x80) return { isList: false, start: offset, end: offset + 1 };
  const isList = first >= 0xc0;
  let length = first - (isList ? 0xc0 : 0x80);
  let start = offset + 1;
  if (length > 55) {
    const written = data.subarray(start, start + length - 55);
    start += length - 55;
    length = Number(toNumber(written));
    if (!written[0] || length <= 55) throw new ProofError("malformed");
  }
  const end = start + length;
  if (end > data.length || (!isList && length === 1 && (data[start] ?? 0) < 0x80)) throw new ProofError("malformed");
  return { isList, start, end };
}

/**
 * Return the value of a key, empty if the trie provably does not hold it.
 * @param {Uint8Array} root
 * @param {Uint8Array} key is hashed here
 * @param {Map<string, Uint8Array>} nodes by their hash in hex
 * @param {Set<string>} used receives the hashes of the nodes on the way
 * @throws {ProofError}
 */
export function findInTrie(root, key, nodes, used) {
  if (hex(root) === EMPTY_ROOT) return EMPTY;
  let path = hex(keccak256(key));
  for (let child = { content: root, isList: false }; ;) {
    const items = readList(child.isList ? child.content : getNode(hex(child.content), nodes, used));
    const [first, second] = items;
    if (items.length === 17 && path) {
      child = /** @type {Item} */ (items[parseInt(path[0] ?? "", 16)]);
      path = path.slice(1);
      if (!child.content.length) return EMPTY;
    } else if (items.length === 2 && first && second) {
      const { part, isLeaf } = readPart(first);
      if (isLeaf) return part === path ? second.content : EMPTY;
      if (!path.startsWith(part)) return EMPTY;
      path = path.slice(part.length);
      child = second;
    } else throw new ProofError("malformed");
  }
}

/**
 * @param {string} digest
 * @param {Map<string, Uint8Array>} nodes
 * @param {Set<string>} used
 */
function getNode(digest, nodes, used) {
  const node = nodes.get(digest);
  if (!node) throw new ProofError("node");
  used.add(digest);
  return node;
}

/**
 * Decode a compact path: its hexadecimal digits, and whether it ends in a leaf.
 * @param {Item} item
 */
function readPart({ content, isList }) {
  const digits = hex(content);
  const flag = "0123".indexOf(digits[0] ?? "x");
  const part = digits.slice(flag % 2 ? 1 : 2);
  if (isList || flag < 0 || (flag % 2 === 0 && digits[1] !== "0") || (flag < 2 && !part))
    throw new ProofError("malformed");
  return { part, isLeaf: flag >= 2 };
}

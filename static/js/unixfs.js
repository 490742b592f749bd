// @ts-check
import { DAG_PB, RAW, Unproved, hex, isInline, readCid, readVarint } from "./cid.js";
import { hashOfName } from "./murmur3.js";

/**
 * Files and directories as graphs of proved blocks (https://specs.ipfs.tech/unixfs/).
 *
 * @typedef {import("./cid.js").Cid} Cid
 * @typedef {{cid: Cid, name: string}} Link
 * @typedef {{type: number, data: Uint8Array, fanout: number, links: Link[]}} Node
 */

const [TYPE_RAW, DIRECTORY, FILE, SHARD] = [0, 1, 2, 5];
const MOST_VISITS = 2000;
const NOTHING = new Uint8Array();

/**
 * The bytes of the file at `path` below the root.
 * @param {Map<string, Uint8Array>} proved blocks by the hex of their digest
 * @param {Cid} root
 * @param {string} path
 * @returns {Uint8Array}
 */
export function readFile(proved, root, path) {
  let cid = root;
  for (const name of path.split("/").filter(Boolean)) cid = findEntry(proved, cid, name);
  return joinParts(proved, cid);
}

/**
 * @param {Map<string, Uint8Array>} proved
 * @param {Cid} root
 */
function joinParts(proved, root) {
  /** @type {Uint8Array[]} */
  const parts = [];
  const pending = [root];
  for (let visits = 0; pending.length > 0; visits += 1) {
    if (visits === MOST_VISITS) throw new Unproved(`The file has more than ${MOST_VISITS} blocks.`);
    const cid = /** @type {Cid} */ (pending.pop());
    if (cid.codec === RAW) {
      parts.push(blockOf(proved, cid));
      continue;
    }
    const node = nodeOf(proved, cid);
    if (node.type !== FILE && node.type !== TYPE_RAW)
      throw new Unproved("The path leads to a directory, not to a file.");
    parts.push(node.data);
    pending.push(...node.links.map((link) => link.cid).reverse());
  }
  return concatenate(parts);
}

/** @param {Uint8Array[]} parts */
function concatenate(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/**
 * @param {Map<string, Uint8Array>} proved
 * @param {Cid} cid
 * @param {string} name
 * @returns {Cid}
 */
function findEntry(proved, cid, name) {
  const node = nodeOf(proved, cid);
  if (node.type === SHARD) return findInShards(proved, node, name);
  const found = node.type === DIRECTORY && node.links.find((link) => link.name === name);
  if (!found) throw new Unproved(`The proved directory has nothing named “${name}”.`);
  return found.cid;
}

/**
 * A shard's links begin with the slot in hex; what hashes into the slot follows, or the next shard stands there alone.
 * @param {Map<string, Uint8Array>} proved
 * @param {Node} first
 * @param {string} name
 */
function findInShards(proved, first, name) {
  const hash = hashOfName(name);
  let node = first;
  for (let used = 0; node.type === SHARD;) {
    const bits = Math.log2(node.fanout);
    if (!Number.isInteger(bits) || bits < 1 || used + bits > 64)
      throw new Unproved("A sharded directory is malformed.");
    used += bits;
    const slot = Number((hash >> BigInt(64 - used)) & BigInt(node.fanout - 1));
    const prefix = slot
      .toString(16)
      .toUpperCase()
      .padStart((node.fanout - 1).toString(16).length, "0");
    const entry = node.links.find((link) => link.name === prefix + name);
    if (entry) return entry.cid;
    const next = node.links.find((link) => link.name === prefix);
    if (!next) break;
    node = nodeOf(proved, next.cid);
  }
  throw new Unproved(`The proved directory has nothing named “${name}”.`);
}

/**
 * @param {Map<string, Uint8Array>} proved
 * @param {Cid} cid
 */
function blockOf(proved, cid) {
  const block = isInline(cid) ? cid.digest : proved.get(hex(cid.digest));
  if (!block) throw new Unproved(`The archive lacks block ${cid.text}.`);
  return block;
}

/**
 * @param {Map<string, Uint8Array>} proved
 * @param {Cid} cid
 * @returns {Node}
 */
function nodeOf(proved, cid) {
  if (cid.codec !== DAG_PB) throw new Unproved("The path goes through a kind of block that this page does not read.");
  const fields = readFields(blockOf(proved, cid));
  const unixfs = fields.find(({ field }) => field === 1)?.bytes;
  if (!unixfs) throw new Unproved("A block is neither a file nor a directory.");
  const parts = readFields(unixfs);
  return {
    type: parts.find(({ field }) => field === 1)?.number ?? -1,
    data: parts.find(({ field }) => field === 2)?.bytes ?? NOTHING,
    fanout: parts.find(({ field }) => field === 6)?.number ?? 0,
    links: fields.filter(({ field }) => field === 2).map(({ bytes }) => readLink(bytes)),
  };
}

/**
 * @param {Uint8Array} message
 * @returns {Link}
 */
function readLink(message) {
  const fields = readFields(message);
  const target = fields.find(({ field }) => field === 1)?.bytes;
  if (!target) throw new Unproved("A link leads nowhere.");
  const name = fields.find(({ field }) => field === 2)?.bytes ?? NOTHING;
  return { cid: readCid(target, 0), name: new TextDecoder().decode(name) };
}

/**
 * Protobuf's wire format: numbers and bytes, which is all that these blocks use.
 * @param {Uint8Array} message
 */
function readFields(message) {
  /** @type {{field: number, number: number, bytes: Uint8Array}[]} */
  const fields = [];
  for (let offset = 0; offset < message.length;) {
    const [key, afterKey] = readVarint(message, offset);
    const [value, afterValue] = readVarint(message, afterKey);
    const field = key >> 3;
    const isNumber = (key & 7) === 0;
    if (!isNumber && (key & 7) !== 2) throw new Unproved("A block holds a field of an unknown kind.");
    offset = isNumber ? afterValue : afterValue + value;
    if (offset > message.length) throw new Unproved("A block holds a field that is longer than itself.");
    fields.push({
      field,
      number: isNumber ? value : 0,
      bytes: isNumber ? NOTHING : message.subarray(afterValue, offset),
    });
  }
  return fields;
}

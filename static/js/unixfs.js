// @ts-check
import { DAG_PB, RAW, VerificationError, hex, isInline, parseCid, parseVarint } from "./cid.js";
import { hashName } from "./murmur3.js";

/**
 * UnixFS files and directories, read from verified blocks (https://specs.ipfs.tech/unixfs/).
 *
 * @typedef {import("./cid.js").Cid} Cid
 * @typedef {{cid: Cid, name: string}} Link
 * @typedef {{type: number, data: Uint8Array, fanout: number, links: Link[]}} Node
 */

const [TYPE_RAW, DIRECTORY, FILE, SHARD] = [0, 1, 2, 5];
const MAX_BLOCKS = 2000;
const EMPTY = new Uint8Array();

/**
 * Return the bytes of the file at `path` below the root.
 * @param {Map<string, Uint8Array>} verified blocks by the hex of their digest
 * @param {Cid} root
 * @param {string} path
 * @returns {Uint8Array}
 * @throws {VerificationError} if the path or a block is missing or malformed
 */
export function readFile(verified, root, path) {
  let cid = root;
  for (const name of path.split("/").filter(Boolean)) cid = findEntry(verified, cid, name);
  return joinBlocks(verified, cid);
}

/**
 * Return the bytes of a file, in up to MAX_BLOCKS blocks.
 * @param {Map<string, Uint8Array>} verified
 * @param {Cid} root
 */
function joinBlocks(verified, root) {
  /** @type {Uint8Array[]} */
  const parts = [];
  const pending = [root];
  for (let visits = 0; pending.length > 0; visits += 1) {
    if (visits === MAX_BLOCKS) throw new VerificationError(`The file has more than ${MAX_BLOCKS} blocks.`);
    const cid = /** @type {Cid} */ (pending.pop());
    if (cid.codec === RAW) {
      parts.push(getBlock(verified, cid));
      continue;
    }
    const node = parseNode(verified, cid);
    if (node.type !== FILE && node.type !== TYPE_RAW)
      throw new VerificationError("The path leads to a directory, not to a file.");
    parts.push(node.data);
    pending.push(...node.links.map((link) => link.cid).reverse());
  }
  return concatenate(parts);
}

/**
 * Join byte strings.
 * @param {Uint8Array[]} parts
 */
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
 * Return the CID of an entry of a directory.
 * @param {Map<string, Uint8Array>} verified
 * @param {Cid} cid
 * @param {string} name
 * @returns {Cid}
 */
function findEntry(verified, cid, name) {
  const node = parseNode(verified, cid);
  if (node.type === SHARD) return findInShards(verified, node, name);
  const found = node.type === DIRECTORY && node.links.find((link) => link.name === name);
  if (!found) throw new VerificationError(`The proved directory has nothing named “${name}”.`);
  return found.cid;
}

/**
 * Find an entry of a sharded directory (HAMT). The name of a link is the slot in hex, followed by the entry's name; the
 * slot alone is a link to the next shard. Each level uses the next bits of the hash of the name.
 * @param {Map<string, Uint8Array>} verified
 * @param {Node} first
 * @param {string} name
 */
function findInShards(verified, first, name) {
  const hash = hashName(name);
  let node = first;
  for (let used = 0; node.type === SHARD;) {
    const bits = Math.log2(node.fanout);
    if (!Number.isInteger(bits) || bits < 1 || used + bits > 64)
      throw new VerificationError("A sharded directory is malformed.");
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
    node = parseNode(verified, next.cid);
  }
  throw new VerificationError(`The proved directory has nothing named “${name}”.`);
}

/**
 * Return the bytes of a verified or inline block.
 * @param {Map<string, Uint8Array>} verified
 * @param {Cid} cid
 */
function getBlock(verified, cid) {
  const block = isInline(cid) ? cid.digest : verified.get(hex(cid.digest));
  if (!block) throw new VerificationError(`The archive lacks block ${cid.text}.`);
  return block;
}

/**
 * Parse a dag-pb node with its UnixFS data.
 * @param {Map<string, Uint8Array>} verified
 * @param {Cid} cid
 * @returns {Node}
 */
function parseNode(verified, cid) {
  if (cid.codec !== DAG_PB)
    throw new VerificationError("The path goes through a kind of block that this page does not read.");
  const fields = parseFields(getBlock(verified, cid));
  const unixfs = fields.find(({ field }) => field === 1)?.bytes;
  if (!unixfs) throw new VerificationError("A block is neither a file nor a directory.");
  const parts = parseFields(unixfs);
  return {
    type: parts.find(({ field }) => field === 1)?.number ?? -1,
    data: parts.find(({ field }) => field === 2)?.bytes ?? EMPTY,
    fanout: parts.find(({ field }) => field === 6)?.number ?? 0,
    links: fields.filter(({ field }) => field === 2).map(({ bytes }) => parseLink(bytes)),
  };
}

/**
 * Parse a link of a dag-pb node.
 * @param {Uint8Array} message
 * @returns {Link}
 */
function parseLink(message) {
  const fields = parseFields(message);
  const target = fields.find(({ field }) => field === 1)?.bytes;
  if (!target) throw new VerificationError("A link leads nowhere.");
  const name = fields.find(({ field }) => field === 2)?.bytes ?? EMPTY;
  return { cid: parseCid(target, 0), name: new TextDecoder().decode(name) };
}

/**
 * Parse the Protobuf wire format, as far as these blocks use it: varints and byte strings.
 * @param {Uint8Array} message
 */
function parseFields(message) {
  /** @type {{field: number, number: number, bytes: Uint8Array}[]} */
  const fields = [];
  for (let offset = 0; offset < message.length;) {
    const [key, afterKey] = parseVarint(message, offset);
    const [value, afterValue] = parseVarint(message, afterKey);
    const field = key >> 3;
    const isNumber = (key & 7) === 0;
    if (!isNumber && (key & 7) !== 2) throw new VerificationError("A block holds a field of an unknown kind.");
    offset = isNumber ? afterValue : afterValue + value;
    if (offset > message.length) throw new VerificationError("A block holds a field that is longer than itself.");
    fields.push({
      field,
      number: isNumber ? value : 0,
      bytes: isNumber ? EMPTY : message.subarray(afterValue, offset),
    });
  }
  return fields;
}

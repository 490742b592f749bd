// @ts-check
import { DAG_PB, RAW, VerificationError, blockKey, isInline, parseCid, parseVarint } from "./cid.js";
import { hashName } from "./murmur3.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * UnixFS files and directories, read from verified blocks (https://specs.ipfs.tech/unixfs/).
 *
 * @typedef {import("./cid.js").Cid} Cid
 * @typedef {{cid: Cid, name: string}} Link
 * @typedef {{type: number, data: Uint8Array, fanout: number, links: Link[]}} Node
 * @typedef {{field: number, isNumber: boolean, number: number, bytes: Uint8Array}} Field
 */

const [TYPE_RAW, DIRECTORY, FILE, SHARD] = [0, 1, 2, 5];
const MAX_BLOCKS = 2000;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_NAMES = 64;
const MAX_FANOUT = 1024;
const EMPTY = new Uint8Array();

/**
 * Return the bytes of the file at `path` below the root.
 * @param {Map<string, Uint8Array>} verified blocks by their `blockKey`
 * @param {Cid} root
 * @param {string} path
 * @param {Set<string>} used receives the keys of the blocks that were read
 * @returns {Uint8Array}
 * @throws {VerificationError} if the path or a block is missing or malformed
 */
export function readFile(verified, root, path, used = new Set()) {
  const names = path.split("/").filter(Boolean);
  if (names.length > MAX_NAMES)
    throw new VerificationError(gettext("The path has more than {count} names.", { count: MAX_NAMES }));
  const reader = new Reader(verified, used);
  return reader.joinBlocks(names.reduce((cid, name) => reader.findEntry(cid, name), root));
}

/** One reading of verified blocks, with its limits. All methods throw VerificationError. */
class Reader {
  /**
   * @param {Map<string, Uint8Array>} verified
   * @param {Set<string>} used
   */
  constructor(verified, used) {
    this.verified = verified;
    this.used = used;
    this.visits = 0;
  }

  /**
   * Return the bytes of a file.
   * @param {Cid} root
   */
  joinBlocks(root) {
    /** @type {Uint8Array[]} */
    const parts = [];
    const pending = [root];
    for (let size = 0; pending.length > 0;) {
      const cid = /** @type {Cid} */ (pending.pop());
      const { data, links } = cid.codec === RAW ? { data: this.getBlock(cid), links: [] } : this.parseFile(cid);
      parts.push(data);
      size += data.length;
      if (size > MAX_FILE_BYTES) throw new VerificationError(gettext("The file is too large to be put together here."));
      pending.push(...links.map((link) => link.cid).reverse());
    }
    return concatenate(parts);
  }

  /**
   * Return the CID of an entry of a directory.
   * @param {Cid} cid
   * @param {string} name
   * @returns {Cid}
   */
  findEntry(cid, name) {
    const node = this.parseNode(cid);
    if (node.type === SHARD) return this.findInShards(node, name);
    const found = node.type === DIRECTORY && node.links.find((link) => link.name === name);
    if (!found) throw new VerificationError(gettext("The proved directory has nothing named “{name}”.", { name }));
    return found.cid;
  }

  /**
   * Find an entry of a sharded directory (HAMT). The name of a link is the slot in hex, followed by the entry's name;
   * the slot alone is a link to the next shard. Each level uses the next bits of the hash of the name.
   * @param {Node} first
   * @param {string} name
   */
  findInShards(first, name) {
    const hash = hashName(name);
    let node = first;
    for (let used = 0; node.type === SHARD;) {
      const bits = Math.log2(node.fanout);
      if (!Number.isInteger(bits) || bits < 1 || node.fanout > MAX_FANOUT || used + bits > 64)
        throw new VerificationError(gettext("A sharded directory is malformed."));
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
      node = this.parseNode(next.cid);
    }
    throw new VerificationError(gettext("The proved directory has nothing named “{name}”.", { name }));
  }

  /**
   * Return the bytes of a verified or inline block.
   * @param {Cid} cid
   */
  getBlock(cid) {
    this.visits += 1;
    if (this.visits > MAX_BLOCKS)
      throw new VerificationError(gettext("The file has more than {count} blocks.", { count: MAX_BLOCKS }));
    const key = blockKey(cid);
    const block = isInline(cid) ? cid.digest : this.verified.get(key);
    if (!block) throw new VerificationError(gettext("The archive lacks block {cid}.", { cid: cid.text }));
    if (!isInline(cid)) this.used.add(key);
    return block;
  }

  /**
   * Parse a node of a file.
   * @param {Cid} cid
   * @returns {Node}
   */
  parseFile(cid) {
    const node = this.parseNode(cid);
    if (node.type !== FILE && node.type !== TYPE_RAW)
      throw new VerificationError(gettext("The path leads to a directory, not to a file."));
    return node;
  }

  /**
   * Parse a dag-pb node with its UnixFS data.
   * @param {Cid} cid
   * @returns {Node}
   */
  parseNode(cid) {
    if (cid.codec !== DAG_PB)
      throw new VerificationError(gettext("The path goes through a kind of block that this page does not read."));
    const fields = parseFields(this.getBlock(cid));
    const unixfs = findField(fields, 1)?.bytes;
    if (!unixfs) throw new VerificationError(gettext("A block is neither a file nor a directory."));
    const parts = parseFields(unixfs);
    return {
      type: findField(parts, 1, true)?.number ?? -1,
      data: findField(parts, 2)?.bytes ?? EMPTY,
      fanout: findField(parts, 6, true)?.number ?? 0,
      links: fields.filter(({ field, isNumber }) => field === 2 && !isNumber).map(({ bytes }) => parseLink(bytes)),
    };
  }
}

/**
 * Join byte strings.
 * @param {Uint8Array[]} parts
 */
export function concatenate(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/**
 * Parse a link of a dag-pb node.
 * @param {Uint8Array} message
 * @returns {Link}
 */
function parseLink(message) {
  const fields = parseFields(message);
  const target = findField(fields, 1)?.bytes;
  if (!target) throw new VerificationError(gettext("A link leads nowhere."));
  const cid = parseCid(target, 0);
  if (cid.end !== target.length) throw new VerificationError(gettext("There are bytes behind a CID."));
  return { cid, name: new TextDecoder().decode(findField(fields, 2)?.bytes ?? EMPTY) };
}

/**
 * Return the field of this number, or undefined.
 * @param {Field[]} fields
 * @param {number} wanted
 * @param {boolean} isNumber
 * @throws {VerificationError} if it is there twice, or in a wrong form: readers would disagree
 */
function findField(fields, wanted, isNumber = false) {
  const found = fields.filter(({ field }) => field === wanted);
  if (found.length > 1 || (found[0] && found[0].isNumber !== isNumber))
    throw new VerificationError(gettext("A block holds a field twice, or in a wrong form."));
  return found[0];
}

/**
 * Parse the Protobuf wire format, as far as these blocks use it: varints and byte strings.
 * @param {Uint8Array} message
 */
function parseFields(message) {
  /** @type {Field[]} */
  const fields = [];
  for (let offset = 0; offset < message.length;) {
    const [key, afterKey] = parseVarint(message, offset);
    const [value, afterValue] = parseVarint(message, afterKey);
    const field = Math.floor(key / 8); // `>>` would take a field above 2^29 for another one
    const isNumber = key % 8 === 0;
    if (!isNumber && key % 8 !== 2) throw new VerificationError(gettext("A block holds a field of an unknown kind."));
    offset = isNumber ? afterValue : afterValue + value;
    if (offset > message.length)
      throw new VerificationError(gettext("A block holds a field that is longer than itself."));
    fields.push({
      field,
      isNumber,
      number: isNumber ? value : 0,
      bytes: isNumber ? EMPTY : message.subarray(afterValue, offset),
    });
  }
  return fields;
}

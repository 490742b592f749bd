// @ts-check
import { VerificationError, blockKey, isInline, matchesCid, parseCid, parseVarint } from "./cid.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * CARv1 archives: a sequence of blocks (https://ipld.io/specs/transport/car/carv1/). The roots that the header names do
 * not matter, since the caller knows the root.
 *
 * @typedef {import("./cid.js").Cid} Cid
 * @typedef {{cid: Cid, bytes: Uint8Array}} Block
 */

const MAX_HEADER_BYTES = 4096;
const MAX_BLOCK_BYTES = 4 * 1024 * 1024;
const MAX_BLOCKS = 2000;
const MAX_ROOTS = 16;
const [VERSION, ROOTS] = ["gversion\x01", "eroots"];

/**
 * Parse an archive into its blocks, without verifying them.
 * @param {Uint8Array} archive
 * @returns {Block[]}
 * @throws {VerificationError} if the archive is malformed or truncated
 */
export function parseCar(archive) {
  const [headerLength, start] = parseVarint(archive, 0);
  /** @type {Block[]} */
  const blocks = [];
  let offset = start + headerLength;
  if (headerLength > MAX_HEADER_BYTES || offset > archive.length || !isHeader(archive.subarray(start, offset)))
    throw new VerificationError(gettext("This is no CAR archive of version 1."));
  while (offset < archive.length) {
    const [length, section] = parseVarint(archive, offset);
    const end = section + length;
    if (length > MAX_BLOCK_BYTES) throw new VerificationError(gettext("A block of the archive is too large."));
    if (end > archive.length) throw new VerificationError(gettext("The archive ends inside a block."));
    const cid = parseCid(archive, section);
    if (cid.end > end) throw new VerificationError(gettext("A block of the archive is shorter than its own name."));
    blocks.push({ cid, bytes: archive.subarray(cid.end, end) });
    if (blocks.length > MAX_BLOCKS)
      throw new VerificationError(gettext("The archive has more than {count} blocks.", { count: MAX_BLOCKS }));
    offset = end;
  }
  return blocks;
}

/**
 * Return whether this is the CBOR (RFC 8949) of {"roots": [CIDs], "version": 1}, in either order.
 * @param {Uint8Array} header
 */
function isHeader(header) {
  const text = String.fromCharCode(...header);
  const [isFirst, start] = [text.startsWith(VERSION, 1), text.indexOf(ROOTS) + ROOTS.length];
  const count = (header[start] ?? 0) - 0x80;
  if (text[0] !== "\xa2" || !text.startsWith(ROOTS, isFirst ? 1 + VERSION.length : 1)) return false;
  if (!(count >= 0 && count <= MAX_ROOTS)) return false;
  let offset = start + 1;
  for (let index = 0; index < count; index += 1) {
    const end = endOfLink(header, offset);
    if (end === 0) return false;
    offset = end;
  }
  return text.slice(offset) === (isFirst ? "" : VERSION);
}

/**
 * Return the offset after the link at `offset` (tag 42, a byte string of 0 and the CID), or 0 if there is none.
 * @param {Uint8Array} header
 * @param {number} offset
 */
function endOfLink(header, offset) {
  const [tag, number, head = 0, size = 0] = header.subarray(offset, offset + 4);
  const isShort = head >= 0x41 && head <= 0x57; // the size itself, or a byte for it
  const start = offset + (isShort ? 3 : 4);
  const end = start + (isShort ? head - 0x40 : size);
  if (tag !== 0xd8 || number !== 42 || (!isShort && head !== 0x58) || header[start] !== 0) return 0;
  return end <= header.length && parseCid(header, start + 1).end === end ? end : 0;
}

/**
 * Verify all blocks against their CIDs. Inline blocks are left out of the result: their digest is not a SHA-256, and
 * could be that of another block.
 * @param {Block[]} blocks
 * @param {(block: Block, isValid: boolean) => void} onBlock called after each block, including the invalid one
 * @returns {Promise<Map<string, Uint8Array>>} the blocks by their `blockKey`
 * @throws {VerificationError} at the first block that does not match its CID
 */
export async function verifyBlocks(blocks, onBlock) {
  const verified = new Map();
  for (const block of blocks) {
    const isValid = await matchesCid(block.cid, block.bytes);
    onBlock(block, isValid);
    if (!isValid)
      throw new VerificationError(gettext("The bytes of block {cid} do not match it.", { cid: block.cid.text }));
    if (!isInline(block.cid)) verified.set(blockKey(block.cid), block.bytes);
  }
  return verified;
}

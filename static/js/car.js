// @ts-check
import { VerificationError, hex, isInline, matchesCid, parseCid, parseVarint } from "./cid.js";

/**
 * CARv1 archives: a sequence of blocks (https://ipld.io/specs/transport/car/carv1/). The header is skipped, since the
 * caller knows the root.
 *
 * @typedef {import("./cid.js").Cid} Cid
 * @typedef {{cid: Cid, bytes: Uint8Array}} Block
 */

const MAX_HEADER_BYTES = 4096;
const MAX_BLOCK_BYTES = 4 * 1024 * 1024;
const MAX_BLOCKS = 2000;

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
  if (headerLength === 0 || headerLength > MAX_HEADER_BYTES || offset > archive.length)
    throw new VerificationError("This is no CAR archive.");
  while (offset < archive.length) {
    const [length, section] = parseVarint(archive, offset);
    const end = section + length;
    if (length > MAX_BLOCK_BYTES) throw new VerificationError("A block of the archive is too large.");
    if (end > archive.length) throw new VerificationError("The archive ends inside a block.");
    const cid = parseCid(archive, section);
    if (cid.end > end) throw new VerificationError("A block of the archive is shorter than its own name.");
    blocks.push({ cid, bytes: archive.subarray(cid.end, end) });
    if (blocks.length > MAX_BLOCKS) throw new VerificationError(`The archive has more than ${MAX_BLOCKS} blocks.`);
    offset = end;
  }
  return blocks;
}

/**
 * Verify all blocks against their CIDs. Inline blocks are left out of the result: their digest is not a SHA-256, and
 * could be that of another block.
 * @param {Block[]} blocks
 * @param {(block: Block, isValid: boolean) => void} onBlock called after each block, including the invalid one
 * @returns {Promise<Map<string, Uint8Array>>} the blocks by the hex of their digest
 * @throws {VerificationError} at the first block that does not match its CID
 */
export async function verifyBlocks(blocks, onBlock) {
  const verified = new Map();
  for (const block of blocks) {
    const isValid = await matchesCid(block.cid, block.bytes);
    onBlock(block, isValid);
    if (!isValid) throw new VerificationError(`The bytes of block ${block.cid.text} do not match it.`);
    if (!isInline(block.cid)) verified.set(hex(block.cid.digest), block.bytes);
  }
  return verified;
}

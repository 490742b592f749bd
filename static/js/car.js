// @ts-check
import { VerificationError, hex, matchesCid, parseCid, parseVarint } from "./cid.js";

/**
 * CARv1 archives: blocks one after the other (https://ipld.io/specs/transport/car/carv1/). What the header says is
 * passed over: who checks knows the root already.
 *
 * @typedef {import("./cid.js").Cid} Cid
 * @typedef {{cid: Cid, bytes: Uint8Array}} Block
 */

/**
 * @param {Uint8Array} archive
 * @returns {Block[]} unproved
 */
export function parseCar(archive) {
  const [headerLength, start] = parseVarint(archive, 0);
  /** @type {Block[]} */
  const blocks = [];
  let offset = start + headerLength;
  if (headerLength === 0 || offset > archive.length) throw new VerificationError("This is no CAR archive.");
  while (offset < archive.length) {
    const [length, section] = parseVarint(archive, offset);
    const end = section + length;
    if (end > archive.length) throw new VerificationError("The archive ends inside a block.");
    const cid = parseCid(archive, section);
    if (cid.end > end) throw new VerificationError("A block of the archive is shorter than its own name.");
    blocks.push({ cid, bytes: archive.subarray(cid.end, end) });
    offset = end;
  }
  return blocks;
}

/**
 * Hashes one block after the other and keeps those that are what their CIDs say, by digest. The first that is not ends it.
 * @param {Block[]} blocks
 * @param {(block: Block, isGood: boolean) => void} onBlock
 * @returns {Promise<Map<string, Uint8Array>>}
 */
export async function verifyBlocks(blocks, onBlock) {
  const proved = new Map();
  for (const block of blocks) {
    const isGood = await matchesCid(block.cid, block.bytes);
    onBlock(block, isGood);
    if (!isGood) throw new VerificationError(`The bytes of block ${block.cid.text} do not match it.`);
    proved.set(hex(block.cid.digest), block.bytes);
  }
  return proved;
}

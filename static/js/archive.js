// @ts-check
import { VerificationError, hex, parseCidText, sha256 } from "./cid.js";
import { parseCar, verifyBlocks } from "./car.js";
import { readFile } from "./unixfs.js";

/**
 * A file proved by a CAR archive from a server that is not trusted.
 *
 * @typedef {{root: string, path: string, sha256: string}} Wanted CID, path below it, and SHA-256 of the whole file in hex
 */

export const MAX_ARCHIVE_BYTES = 64 * 1024 * 1024;
const MAX_SHOWN = 300;

/**
 * Verify a file against its CID and its SHA-256.
 * @param {Uint8Array} archive
 * @param {Wanted} wanted
 * @param {(blocks: import("./car.js").Block[]) => void} onParsed
 * @param {(block: import("./car.js").Block, isValid: boolean) => void} onBlock
 * @returns {Promise<Uint8Array>} the file
 * @throws {VerificationError}
 */
export async function verifyArchive(archive, wanted, onParsed, onBlock) {
  if (archive.length > MAX_ARCHIVE_BYTES) throw new VerificationError("The archive is too large.");
  const root = parseCidText(wanted.root);
  const blocks = parseCar(archive);
  onParsed(blocks);
  const verified = await verifyBlocks(blocks, onBlock);
  /** @type {Set<string>} */
  const used = new Set();
  const file = readFile(verified, root, wanted.path, used);
  if (used.size < verified.size)
    throw new VerificationError("The archive holds blocks that do not belong to the file.");
  if (hex(await sha256(file)) !== wanted.sha256)
    throw new VerificationError("The file is whole, but not the one we made the picture of.");
  return file;
}

/**
 * Return `text` fit to be shown: control, direction-changing and invisible characters become visible, and it is cut.
 * @param {string} text
 */
export function showable(text) {
  const visible = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
  return visible.length > MAX_SHOWN ? `${visible.slice(0, MAX_SHOWN)}…` : visible;
}

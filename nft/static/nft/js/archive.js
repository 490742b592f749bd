// @ts-check
import { VerificationError, hex, parseCidText, sha256 } from "./cid.js";
import { parseCar, verifyBlocks } from "./car.js";
import { concatenate, readFile } from "./unixfs.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * A file proved by a CAR archive from a server that is not trusted.
 *
 * @typedef {{root: string, path: string, sha256: string}} Wanted CID, path below it, and SHA-256 of the whole file in hex
 */

const MAX_BYTES = 64 * 1024 * 1024;
const SECONDS = 120;
const MAX_SHOWN = 300;
const NO_ANSWER = gettext("The archive did not come. Check your connection, then try again.");

/** An answer that is not what we asked for. The message is shown to the user. */
class Refused extends Error {}

/**
 * Fetch an archive. Redirects are not followed.
 * @param {string} url
 * @param {number} seconds for everything together
 * @param {number} maxBytes
 * @returns {Promise<Uint8Array>}
 */
export async function fetchArchive(url, seconds = SECONDS, maxBytes = MAX_BYTES) {
  try {
    const answer = await fetch(url, {
      headers: { Accept: "application/vnd.ipld.car" },
      redirect: "error",
      signal: AbortSignal.timeout(seconds * 1000),
    });
    if (answer.ok) return await readBytes(answer, maxBytes);
    throw new Refused(gettext("The archive could not be had (status {status}).", { status: answer.status }));
  } catch (error) {
    throw error instanceof Refused ? error : new Error(NO_ANSWER);
  }
}

/**
 * Fetch a document of this site. Redirects are not followed.
 * @param {string} url
 * @param {number} maxBytes
 * @returns {Promise<Uint8Array>}
 */
export async function fetchBytes(url, maxBytes) {
  const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(SECONDS * 1000) });
  if (!answer.ok) throw new Refused(NO_ANSWER);
  return readBytes(answer, maxBytes);
}

/**
 * @param {Response} answer
 * @param {number} maxBytes
 */
async function readBytes(answer, maxBytes) {
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  const reader = answer.body?.getReader();
  for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
    size += piece.value.length;
    if (size > maxBytes) {
      void reader?.cancel();
      throw new Refused(gettext("The archive is too large."));
    }
    parts.push(piece.value);
  }
  return concatenate(parts);
}

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
  const root = parseCidText(wanted.root);
  const blocks = parseCar(archive);
  onParsed(blocks);
  const verified = await verifyBlocks(blocks, onBlock);
  /** @type {Set<string>} */
  const used = new Set();
  const file = readFile(verified, root, wanted.path, used);
  if (used.size < verified.size)
    throw new VerificationError(gettext("The archive holds blocks that do not belong to the file."));
  if (hex(await sha256(file)) !== wanted.sha256)
    throw new VerificationError(gettext("The file is whole, but not the one we made the picture of."));
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

// @ts-check
import { MAX_ARCHIVE_BYTES, showable, verifyArchive } from "./archive.js";
import { VerificationError } from "./cid.js";

/** Verification of a file in the browser: fetches the archive, hashes each block and assembles the file. */

const SECONDS = 120;
const NO_ANSWER = "The archive did not come. Check your connection, then try again.";
const NO_CRYPTO = "This browser hashes only on https pages. Use the offline check below.";

class FileVerification {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.data = root.dataset;
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("[data-part=button]"));
    this.progress = /** @type {HTMLProgressElement} */ (root.querySelector("progress"));
    this.message = /** @type {HTMLElement} */ (root.querySelector("[data-sentence]"));
    this.details = /** @type {HTMLElement} */ (root.querySelector("details"));
    this.list = /** @type {HTMLElement} */ (root.querySelector("[data-part=blocks]"));
    this.button.hidden = false;
    this.button.addEventListener("click", () => void this.run());
  }

  async run() {
    this.button.disabled = true;
    this.list.replaceChildren();
    this.details.hidden = true;
    this.setStatus("wait", "Fetching the archive …");
    try {
      const size = await this.check();
      const blocks = formatCount(this.list.childElementCount, "block");
      this.setStatus(
        "good",
        `Match: ${blocks} and all ${formatCount(size, "byte")} of the file are what the CID says.`,
      );
    } catch (error) {
      this.setStatus("bad", `${error instanceof VerificationError ? "No match" : "Not checked"}: ${describe(error)}`);
    }
    this.progress.hidden = true;
    this.button.disabled = false;
    this.button.textContent = "Check again";
  }

  /**
   * Verify the file against its CID and the SHA-256 recorded by the server.
   * @returns {Promise<number>} size of the file in bytes
   * @throws {VerificationError}
   */
  async check() {
    if (!globalThis.crypto?.subtle) throw new Error(NO_CRYPTO);
    const { car = "", root = "", path = "", sha256 = "" } = this.data;
    const file = await verifyArchive(
      await fetchBytes(car),
      { root, path, sha256 },
      (blocks) => this.begin(blocks.length),
      (block, isValid) => this.show(block, isValid),
    );
    return file.length;
  }

  /** @param {number} count */
  begin(count) {
    this.details.hidden = false;
    this.progress.hidden = false;
    this.progress.max = count;
    this.setStatus("wait", `Hashing ${formatCount(count, "block")} …`);
  }

  /**
   * @param {import("./car.js").Block} block
   * @param {boolean} isValid
   */
  show({ cid, bytes }, isValid) {
    const item = document.createElement("li");
    item.dataset.state = isValid ? "done" : "failed";
    const name = document.createElement("code");
    name.textContent = cid.text;
    item.append(name, ` ${formatCount(bytes.length, "byte")}, ${isValid ? "match" : "no match"}`);
    this.list.append(item);
    this.progress.value = this.list.childElementCount;
  }

  /**
   * @param {"wait" | "good" | "bad"} state
   * @param {string} message
   */
  setStatus(state, message) {
    this.message.dataset.state = state;
    this.message.textContent = showable(message);
  }
}

/**
 * Fetch a CAR archive from this site, within SECONDS. Redirects are not followed.
 * @param {string} url
 * @returns {Promise<Uint8Array>}
 */
async function fetchBytes(url) {
  try {
    const answer = await fetch(url, {
      headers: { Accept: "application/vnd.ipld.car" },
      redirect: "error",
      signal: AbortSignal.timeout(SECONDS * 1000),
    });
    if (answer.ok) return await readBytes(answer);
    throw new Refused(`The archive could not be had (status ${answer.status}).`);
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Error(NO_ANSWER);
  }
}

/** An answer that is not what we asked for. The message is shown to the user. */
class Refused extends Error {}

/**
 * Read an answer of at most MAX_ARCHIVE_BYTES.
 * @param {Response} answer
 */
async function readBytes(answer) {
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  const reader = answer.body?.getReader();
  for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
    size += piece.value.length;
    if (size > MAX_ARCHIVE_BYTES) throw new Refused("The archive is too large.");
    parts.push(piece.value);
  }
  return new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (parts)).arrayBuffer());
}

/**
 * @param {number} count
 * @param {string} noun
 */
const formatCount = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** @param {unknown} error */
const describe = (error) => (error instanceof Error ? error.message : String(error));

for (const root of document.querySelectorAll("[data-car]")) if (root instanceof HTMLElement) new FileVerification(root);

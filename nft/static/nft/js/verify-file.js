// @ts-check
import { fetchArchive, showable, verifyArchive } from "./archive.js";
import { VerificationError } from "./cid.js";
import { gettext, ngettext } from "../../profiles/js/words.js";

/** Verification of a file in the browser: fetches the archive, hashes each block and assembles the file. */

const NO_CRYPTO = gettext("This browser hashes only on https pages. Use the offline check below.");

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
    this.setStatus("wait", gettext("Fetching the archive …"));
    try {
      const size = await this.check();
      const words = { blocks: countBlocks(this.list.childElementCount), bytes: countBytes(size) };
      this.setStatus("good", gettext("Match: {blocks} and all {bytes} of the file are what the CID says.", words));
    } catch (error) {
      this.setStatus(
        "bad",
        `${error instanceof VerificationError ? gettext("No match") : gettext("Not checked")}: ${describe(error)}`,
      );
    }
    this.progress.hidden = true;
    this.button.disabled = false;
    this.button.textContent = gettext("Check again");
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
      await fetchArchive(car),
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
    this.setStatus("wait", gettext("Hashing {blocks} …", { blocks: countBlocks(count) }));
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
    item.append(name, ` ${countBytes(bytes.length)}, ${isValid ? gettext("match") : gettext("no match")}`);
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

/** @param {number} count */
const shown = (count) => count.toLocaleString(document.documentElement.lang);

/** @param {number} count */
const countBlocks = (count) => ngettext("{shown} block", "{shown} blocks", count, { shown: shown(count) });

/** @param {number} count */
const countBytes = (count) => ngettext("{shown} byte", "{shown} bytes", count, { shown: shown(count) });

/** @param {unknown} error */
const describe = (error) => (error instanceof Error ? error.message : String(error));

for (const root of document.querySelectorAll("[data-car]")) if (root instanceof HTMLElement) new FileVerification(root);

// @ts-check
import { VerificationError, hex, isInline, sha256 } from "./cid.js";
import { verifyBlocks, parseCar } from "./car.js";
import { readFile } from "./unixfs.js";

/** The check of a file in the visitor's own browser: the archive is fetched, hashed block by block, put together. */

const NO_ANSWER = "The archive did not come. Check your connection, then try again.";
const NO_CRYPTO = "This browser hashes only on https pages. Use the offline check below.";

class Proof {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.facts = root.dataset;
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("[data-part=button]"));
    this.progress = /** @type {HTMLProgressElement} */ (root.querySelector("progress"));
    this.sentence = /** @type {HTMLElement} */ (root.querySelector("[data-sentence]"));
    this.details = /** @type {HTMLElement} */ (root.querySelector("details"));
    this.list = /** @type {HTMLElement} */ (root.querySelector("[data-part=blocks]"));
    this.button.hidden = false;
    this.button.addEventListener("click", () => void this.run());
  }

  async run() {
    this.button.disabled = true;
    this.list.replaceChildren();
    this.details.hidden = true;
    this.say("wait", "Fetching the archive …");
    try {
      const size = await this.check();
      const blocks = counted(this.list.childElementCount, "block");
      this.say("good", `Match: ${blocks} and all ${counted(size, "byte")} of the file are what the CID says.`);
    } catch (error) {
      this.say("bad", `${error instanceof VerificationError ? "No match" : "Not checked"}: ${describe(error)}`);
    }
    this.progress.hidden = true;
    this.button.disabled = false;
    this.button.textContent = "Check again";
  }

  /** @returns {Promise<number>} the file's size; raises VerificationError */
  async check() {
    if (!globalThis.crypto?.subtle) throw new Error(NO_CRYPTO);
    const { car = "", root = "", path = "", sha256: expected = "" } = this.facts;
    const blocks = parseCar(await fetchBytes(car));
    this.details.hidden = false;
    this.progress.hidden = false;
    this.progress.max = blocks.length;
    this.say("wait", `Hashing ${counted(blocks.length, "block")} …`);
    const proved = await verifyBlocks(blocks, (block, isGood) => this.show(block, isGood));
    const start = blocks.find(({ cid }) => cid.text === root && !isInline(cid));
    if (!start) throw new VerificationError("The archive holds no block with the CID we look for.");
    const file = readFile(proved, start.cid, path);
    if (hex(await sha256(file)) !== expected)
      throw new VerificationError("The file is whole, but not the one we made the picture of.");
    return file.length;
  }

  /**
   * @param {import("./car.js").Block} block
   * @param {boolean} isGood
   */
  show({ cid, bytes }, isGood) {
    const item = document.createElement("li");
    item.dataset.state = isGood ? "done" : "failed";
    const name = document.createElement("code");
    name.textContent = cid.text;
    item.append(name, ` ${counted(bytes.length, "byte")}, ${isGood ? "match" : "no match"}`);
    this.list.append(item);
    this.progress.value = this.list.childElementCount;
  }

  /**
   * @param {"wait" | "good" | "bad"} state
   * @param {string} sentence
   */
  say(state, sentence) {
    this.sentence.dataset.state = state;
    this.sentence.textContent = sentence;
  }
}

/**
 * @param {string} url
 * @returns {Promise<Uint8Array>}
 */
async function fetchBytes(url) {
  let answer;
  try {
    answer = await fetch(url, { headers: { Accept: "application/vnd.ipld.car" } });
  } catch {
    throw new Error(NO_ANSWER);
  }
  if (!answer.ok) throw new Error(`The archive could not be had (status ${answer.status}).`);
  return new Uint8Array(await answer.arrayBuffer());
}

/**
 * @param {number} count
 * @param {string} noun
 */
const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** @param {unknown} error */
const describe = (error) => (error instanceof Error ? error.message : String(error));

for (const root of document.querySelectorAll("[data-car]")) if (root instanceof HTMLElement) new Proof(root);

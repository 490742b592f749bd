// @ts-check
import { fetchBytes, showable } from "./archive.js";
import { verifyProof } from "./ownership-proof.js";

/**
 * Verification of a proof of ownership in the browser. All words are the page's: this fills in numbers, and shows which
 * of them hold.
 */

const MAX_BYTES = 24 * 1024 * 1024;
const HASH = /^0x[0-9a-f]{64}$/;

/**
 * Fill the `{names}` of a sentence.
 * @param {string} sentence
 * @param {Record<string, string | number>} facts
 */
const fill = (sentence, facts) =>
  sentence.replace(/\{(\w+)\}/g, (whole, name) => {
    const fact = facts[name] ?? whole;
    return typeof fact === "number" ? fact.toLocaleString(document.documentElement.lang) : fact;
  });

class OwnershipVerification {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.data = root.dataset;
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("[data-part=button]"));
    this.message = /** @type {HTMLElement} */ (root.querySelector("[data-sentence]"));
    this.button.hidden = false;
    this.button.addEventListener("click", () => void this.run());
  }

  async run() {
    const { sha256 = "", blockHash = "", proof = "" } = this.data;
    this.button.disabled = true;
    this.steps().forEach((step) => this.show(step, "", ""));
    this.setStatus("wait", "fetching");
    let isProved = true;
    try {
      for await (const outcome of verifyProof(await fetchBytes(proof, MAX_BYTES), { sha256, blockHash })) {
        const step = /** @type {HTMLElement} */ (this.root.querySelector(`[data-step=${outcome.step}]`));
        const hasFailed = "error" in outcome;
        if (hasFailed) isProved = false;
        this.show(
          step,
          hasFailed ? "failed" : "done",
          hasFailed
            ? fill(this.word(outcome.error.fault), { place: outcome.error.place })
            : fill(step.dataset.good ?? "", outcome.facts),
        );
      }
      this.setStatus(isProved ? "good" : "bad", isProved ? "proved" : "failed");
    } catch {
      this.setStatus("bad", "unreachable");
    }
    for (const step of this.steps())
      if (!step.dataset.state && !isProved) this.show(step, "skipped", this.word("skipped"));
    this.button.disabled = false;
  }

  steps() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("[data-step]"))];
  }

  /**
   * @param {HTMLElement} step
   * @param {"" | "done" | "failed" | "skipped"} state
   * @param {string} sentence
   */
  show(step, state, sentence) {
    const result = /** @type {HTMLElement} */ (step.querySelector("[data-part=result]"));
    step.dataset.state = state;
    result.hidden = !state;
    result.textContent = showable(sentence);
  }

  /**
   * Return a sentence of the page.
   * @param {string} name
   */
  word(name) {
    return this.root.querySelector(`[data-word=${name}]`)?.textContent?.trim() ?? name;
  }

  /**
   * @param {"wait" | "good" | "bad"} state
   * @param {string} word
   */
  setStatus(state, word) {
    this.message.dataset.state = state;
    this.message.textContent = this.word(word);
  }
}

/**
 * Compare the hash that a visitor found elsewhere with that of the proof.
 * @param {HTMLFormElement} form
 */
function enableComparison(form) {
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("block-hash"));
  const verdict = /** @type {HTMLElement} */ (form.querySelector("[data-sentence]"));
  const compare = () => {
    const text = field.value.trim().toLowerCase();
    const name = text === form.dataset.blockHash ? "same" : HASH.test(text) ? "other" : "none";
    verdict.dataset.state = name === "same" ? "good" : "bad";
    verdict.textContent = text ? (form.querySelector(`[data-word=${name}]`)?.textContent?.trim() ?? "") : "";
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    compare();
  });
}

for (const root of document.querySelectorAll("[data-proof]"))
  if (root instanceof HTMLElement) new OwnershipVerification(root);
for (const form of document.querySelectorAll("form[data-block-hash]"))
  if (form instanceof HTMLFormElement) enableComparison(form);

// @ts-check
import { getJson, goTo } from "./http.js";
import { nextDelay, stepStates } from "./polling.js";

/**
 * Live steps: asks `data-status-url` until it is done, moves the steps along and reads the sentence out.
 *
 * @typedef {{key: string, state: string}} Step
 * @typedef {{state?: string, step?: string, sentence?: string, steps?: Step[], done?: boolean, redirect?: string}} Status
 */

const WORDS = new Map([
  ["done", ", done"],
  ["failed", ", failed"],
]);

class LiveStatus {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.url = root.dataset.statusUrl ?? "";
    this.sentence = root.querySelector("[data-sentence]");
    this.asked = 0;
    this.failures = 0;
    this.schedule();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.isPaused) this.schedule(0);
    });
  }

  /** @param {number} [delay] */
  schedule(delay = nextDelay(this.asked, this.failures)) {
    this.isPaused = false;
    setTimeout(() => void this.ask(), delay);
  }

  async ask() {
    if (document.hidden) {
      this.isPaused = true;
      return;
    }
    this.asked += 1;
    try {
      const status = await getJson(this.url);
      this.failures = 0;
      this.show(status);
      if (status.done) return this.finish(status);
    } catch (error) {
      this.failures += 1;
      console.info("Status not read:", error);
      if (this.failures === 2) this.say("We lost touch with the site. The work goes on; this page keeps trying.");
    }
    this.schedule();
  }

  /** @param {Status} status */
  show(status) {
    if (status.sentence) this.say(status.sentence);
    this.showSteps(status);
    document.dispatchEvent(new CustomEvent("avatarsite:status", { detail: status }));
  }

  /** @param {string} sentence */
  say(sentence) {
    if (this.sentence && this.sentence.textContent !== sentence) this.sentence.textContent = sentence;
  }

  /** @param {Status} status */
  showSteps(status) {
    const items = /** @type {HTMLElement[]} */ ([...this.root.querySelectorAll("[data-step]")]);
    const states = status.steps ? status.steps.map(({ state }) => state) : this.statesAt(items, status.step ?? "");
    items.forEach((item, index) => setState(item, states[index] ?? "todo"));
  }

  /**
   * @param {HTMLElement[]} items
   * @param {string} step
   */
  statesAt(items, step) {
    return stepStates(
      items.map((item) => item.dataset.step ?? ""),
      step,
    );
  }

  /**
   * The server draws the result. A page that showed it from the beginning is not loaded again and again.
   * @param {Status} status
   */
  finish({ redirect, state, step }) {
    const isNews = this.asked > 1 || `${state}/${step}` !== this.root.dataset.shown;
    if (isNews) goTo(redirect ?? location.href);
  }
}

/**
 * @param {HTMLElement} item
 * @param {string} state
 */
function setState(item, state) {
  item.dataset.state = state;
  item.toggleAttribute("aria-current", false);
  if (state === "now") item.setAttribute("aria-current", "step");
  const word = item.querySelector("[data-step-word]");
  if (word) word.textContent = WORDS.get(state) ?? "";
}

for (const root of document.querySelectorAll("[data-status-url]"))
  if (root instanceof HTMLElement) new LiveStatus(root);

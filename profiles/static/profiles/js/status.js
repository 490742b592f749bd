// @ts-check
import { getJson, redirectTo } from "./http.js";
import { Poller, stepStates } from "./polling.js";
import { gettext } from "./words.js";

/**
 * Live progress of a job: polls `data-status-url` until the job is done and shows its steps and its message.
 *
 * @typedef {{key: string, state: string}} Step
 * @typedef {{state?: string, step?: string, sentence?: string, steps?: Step[], done?: boolean, redirect?: string}} Status
 */

/** Text appended to a step for screen readers. */
const STATE_TEXTS = new Map([
  ["done", gettext(", done")],
  ["failed", gettext(", failed")],
]);

class LiveStatus {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    const url = root.dataset.statusUrl ?? "";
    this.message = root.querySelector("[data-sentence]");
    /** @type {Poller<Status>} */
    this.poller = new Poller(
      () => getJson(url),
      (status) => this.update(status),
      (failures) => this.showFailure(failures),
    );
    this.poller.start();
  }

  /** @param {Status} status */
  update(status) {
    this.show(status);
    if (status.done) this.finish(status);
  }

  /** @param {number} failures consecutive; one alone is not worth a message */
  showFailure(failures) {
    if (failures === 2)
      this.setMessage(gettext("We lost touch with the site. The work goes on; this page keeps trying."));
  }

  /**
   * Show a status, and pass it on to other scripts of the page as an event.
   * @param {Status} status
   */
  show(status) {
    if (status.sentence) this.setMessage(status.sentence);
    this.showSteps(status);
    document.dispatchEvent(new CustomEvent("avatarsite:status", { detail: status }));
  }

  /** @param {string} text */
  setMessage(text) {
    if (this.message && this.message.textContent !== text) this.message.textContent = text;
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
   * Load the page that shows the result, which the server renders. Do nothing if this page has shown that state since
   * it was loaded, or it would reload forever.
   * @param {Status} status
   */
  finish({ redirect, state, step }) {
    const hasChanged = this.poller.requests > 1 || `${state}/${step}` !== this.root.dataset.shown;
    if (hasChanged) redirectTo(redirect ?? location.href);
  }
}

/**
 * Show the state of a step.
 * @param {HTMLElement} item
 * @param {string} state
 */
function setState(item, state) {
  item.dataset.state = state;
  item.toggleAttribute("aria-current", false);
  if (state === "now") item.setAttribute("aria-current", "step");
  const text = item.querySelector("[data-step-word]");
  if (text) text.textContent = STATE_TEXTS.get(state) ?? "";
}

for (const root of document.querySelectorAll("[data-status-url]"))
  if (root instanceof HTMLElement) new LiveStatus(root);

// @ts-check
import { enableForms } from "./forms.js";
import { neighbour } from "./arrows.js";
import { getJson } from "./http.js";
import { nextDelay } from "./polling.js";

/**
 * The gallery follows the search for tokens: cards and pictures come in as they are found, where the eye and the focus
 * are stays. Arrow keys walk from card to card.
 */

class Gallery {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.asked = 0;
    this.failures = 0;
    this.stamp = this.state()?.dataset.stamp ?? "";
    if (this.isBusy()) this.schedule();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.isPaused) this.schedule(0);
    });
  }

  state() {
    return /** @type {HTMLElement | null} */ (this.root.querySelector("#held-state"));
  }

  isBusy() {
    return this.state()?.dataset.busy !== undefined;
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
      const progress = await getJson(this.root.dataset.progressUrl ?? "");
      this.failures = 0;
      this.show(progress);
      if (progress.stamp !== this.stamp) await this.renew(progress.stamp);
      if (progress.done) return;
    } catch (error) {
      this.failures += 1;
      console.info("Progress not read:", error);
    }
    this.schedule();
  }

  /** @param {{percent: number, sentence: string}} progress */
  show({ percent, sentence }) {
    const bar = this.root.querySelector("progress");
    if (bar) bar.value = percent;
    const said = this.root.querySelector("[data-sentence]");
    if (said && said.textContent !== sentence) said.textContent = sentence;
  }

  /**
   * The same page as it is now; only what differs is put in the place of what stands here.
   * @param {string} stamp
   */
  async renew(stamp) {
    const answer = await fetch(location.pathname + location.search, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(`The page answered ${answer.status}.`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.stamp = stamp;
    const fresh = page.querySelector("[data-gallery]");
    if (fresh) swap(this.root, /** @type {HTMLElement} */ (fresh));
  }
}

/**
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function swap(old, fresh) {
  const oldCards = cards(old);
  const freshCards = cards(fresh);
  const isFirstPage = freshCards.size >= oldCards.size || !old.querySelector("[data-history]");
  const focused = document.activeElement;
  if (oldCards.size === 0 || (isFirstPage && !(focused && old.contains(focused)))) {
    old.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    enableForms(old);
    return;
  }
  // Somebody is at work here: only cards change, each in its place, and not the one that has the focus.
  for (const [id, card] of freshCards) {
    const before = oldCards.get(id);
    if (!before || before.outerHTML === card.outerHTML || before.contains(focused)) continue;
    const put = document.importNode(card, true);
    before.replaceWith(put);
    enableForms(put);
  }
}

/** @param {HTMLElement} root */
function cards(root) {
  return new Map(
    [...root.querySelectorAll("[data-history] > li")].map((card) => [card.id, /** @type {HTMLElement} */ (card)]),
  );
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const here = event.target instanceof Element ? event.target.closest("[data-arrows] > li") : null;
  const list = here?.parentElement;
  if (!here || !list || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const all = [...list.children];
  const place = neighbour(
    all.map((card) => card.getBoundingClientRect()),
    all.indexOf(here),
    event.key,
  );
  if (place === null) return;
  const control = all[place]?.querySelector("button, a");
  if (!(control instanceof HTMLElement)) return;
  event.preventDefault();
  control.focus();
}

for (const root of document.querySelectorAll("[data-gallery][data-progress-url]"))
  if (root instanceof HTMLElement) new Gallery(root);
document.addEventListener("keydown", walk);

// @ts-check
import { enableForms } from "../../profiles/js/forms.js";
import { adjacentCard } from "./grid-navigation.js";
import { getJson } from "../../profiles/js/http.js";
import { Poller } from "../../profiles/js/polling.js";

/**
 * The gallery of held tokens. Adds the cards of tokens that are found or arrive and removes those that leave, without
 * moving the scroll position or the focus. Arrow keys move the focus between cards.
 *
 * @typedef {{percent: number, sentence: string, stamp: string, done?: boolean}} Progress
 */

/** How often a list is looked after in which nothing is under way: tokens may arrive or leave at any time. */
const IDLE_MS = 5000;

class Gallery {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    const state = /** @type {HTMLElement | null} */ (root.querySelector("#held-state"));
    const url = root.dataset.progressUrl ?? "";
    this.stamp = state?.dataset.stamp ?? "";
    /** @type {Poller<Progress>} */
    const poller = new Poller(
      () => getJson(url),
      (progress) => this.update(progress),
    );
    poller.idleMs = IDLE_MS;
    poller.isOver = () => !root.isConnected;
    poller.schedule(state?.dataset.busy === undefined ? IDLE_MS : undefined);
  }

  /** @param {Progress} progress its `stamp` changes whenever the page would look different */
  async update(progress) {
    this.show(progress);
    if (progress.stamp !== this.stamp) await this.refresh(progress.stamp);
  }

  /** @param {Progress} progress */
  show({ percent, sentence }) {
    const bar = this.root.querySelector("progress");
    if (bar) bar.value = percent;
    const message = this.root.querySelector("[data-sentence]");
    if (message && message.textContent !== sentence) message.textContent = sentence;
  }

  /**
   * Fetch this page again and replace what differs.
   * @param {string} stamp
   */
  async refresh(stamp) {
    const address = this.root.dataset.pageUrl ?? location.pathname + location.search;
    const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(`The page answered ${answer.status}.`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.stamp = stamp;
    const fresh = page.querySelector("[data-gallery]");
    if (fresh) replaceCards(this.root, /** @type {HTMLElement} */ (fresh));
  }
}

/**
 * Replace the gallery, or only single cards if the focus is inside or further pages of the list were loaded.
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function replaceCards(old, fresh) {
  const focused = document.activeElement;
  const isLonger = old.querySelector("[data-extended]") !== null;
  if (!isLonger && !(focused && old.contains(focused))) {
    old.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    enableForms(old);
    return;
  }
  const [oldCards, freshCards] = [cards(old), cards(fresh)];
  for (const [id, card] of freshCards) {
    const before = oldCards.get(id);
    if (!before) old.querySelector("[data-history]")?.prepend(imported(card));
    else if (before.outerHTML !== card.outerHTML && !before.contains(focused)) before.replaceWith(imported(card));
  }
  if (isLonger) return; // the fresh page is only the first one: what it lacks may stand on another
  for (const [id, card] of oldCards) if (!freshCards.has(id) && !card.contains(focused)) card.remove();
}

/**
 * Return a copy of a card for this page.
 * @param {HTMLElement} card
 */
function imported(card) {
  const copy = document.importNode(card, true);
  enableForms(copy);
  return copy;
}

/**
 * Return the cards below `root` by their id.
 * @param {HTMLElement} root
 */
function cards(root) {
  return new Map(
    [...root.querySelectorAll("[data-history] > li")].map((card) => [card.id, /** @type {HTMLElement} */ (card)]),
  );
}

/**
 * Move the focus to the card an arrow key leads to.
 * @param {KeyboardEvent} event
 */
function onArrowKey(event) {
  const card = event.target instanceof Element ? event.target.closest("[data-arrows] > li") : null;
  const list = card?.parentElement;
  if (!card || !list || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const all = [...list.children];
  const index = adjacentCard(
    all.map((other) => other.getBoundingClientRect()),
    all.indexOf(card),
    event.key,
  );
  if (index === null) return;
  const control = all[index]?.querySelector("button, a");
  if (!(control instanceof HTMLElement)) return;
  event.preventDefault();
  control.focus();
}

/**
 * Follow a gallery, unless it is followed already or nothing of it changes.
 * @param {HTMLElement} gallery
 */
export function enable(gallery) {
  if (gallery.dataset.progressUrl === undefined || gallery.dataset.followed !== undefined) return;
  gallery.dataset.followed = "";
  new Gallery(gallery);
}

for (const gallery of document.querySelectorAll("[data-gallery]")) enable(/** @type {HTMLElement} */ (gallery));
document.addEventListener("keydown", onArrowKey);

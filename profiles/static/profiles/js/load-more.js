// @ts-check
import { enableForms } from "./forms.js";

/** “Show more” appends the next page of a list to this page. Without scripts, or after an error, the link opens it. */

/**
 * Load the next page instead of following the link, unless it is to open in another tab.
 * @param {MouseEvent} event
 */
async function onClick(event) {
  const link = event.target instanceof Element ? event.target.closest("a[data-more]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey)
    return;
  event.preventDefault();
  if (link.getAttribute("aria-busy") === "true") return;
  link.setAttribute("aria-busy", "true");
  try {
    append(link, await fetchPage(link.href));
  } catch {
    location.assign(link.href);
  }
}

/**
 * Fetch and parse the next page.
 * @param {string} address
 */
async function fetchPage(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(`The next page answered ${answer.status}.`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/**
 * Append the entries of the next page and focus the first of them.
 * @param {HTMLAnchorElement} link
 * @param {Document} page
 */
function append(link, page) {
  const entries = [...page.querySelectorAll("[data-history] > li")].map((entry) => document.importNode(entry, true));
  const list = (link.closest("dialog, main") ?? document).querySelector("[data-history]");
  list?.append(...entries);
  list?.toggleAttribute("data-extended", true);
  for (const entry of entries) enableForms(/** @type {HTMLElement} */ (entry));
  const next = page.querySelector("a[data-more]");
  if (next instanceof HTMLAnchorElement) link.href = new URL(next.getAttribute("href") ?? "", location.href).href;
  else link.closest("[data-rest]")?.remove();
  link.removeAttribute("aria-busy");
  const first = entries[0]?.querySelector("h3");
  first?.setAttribute("tabindex", "-1");
  first?.focus();
}

document.addEventListener("click", (event) => void onClick(event));

// @ts-check
import { enableForms } from "./forms.js";

/** “Show more” puts the next page of a list below this one. Without it, or where that fails, the link leads there. */

/** @param {MouseEvent} event */
async function onClick(event) {
  const link = event.target instanceof Element ? event.target.closest("a[data-more]") : null;
  if (!(link instanceof HTMLAnchorElement) || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey)
    return;
  event.preventDefault();
  if (link.getAttribute("aria-busy") === "true") return;
  link.setAttribute("aria-busy", "true");
  try {
    append(link, await load(link.href));
  } catch {
    location.assign(link.href);
  }
}

/** @param {string} address */
async function load(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(`The next page answered ${answer.status}.`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/**
 * @param {HTMLAnchorElement} link
 * @param {Document} page
 */
function append(link, page) {
  const entries = [...page.querySelectorAll("[data-history] > li")].map((entry) => document.importNode(entry, true));
  document.querySelector("[data-history]")?.append(...entries);
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

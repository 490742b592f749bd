// @ts-check
import { gettext } from "./words.js";

/** Copy buttons. `data-copy` holds the text; the label shows the result and is a live region for screen readers. */

/** Duration of the result on the button. */
const SHOWN_MS = 2000;

/**
 * Show `text` as the label of the button for two seconds.
 * @param {HTMLButtonElement} button
 * @param {string} text
 */
function showResult(button, text) {
  const label = [...button.childNodes];
  button.dataset.showsResult = "";
  button.replaceChildren(text);
  setTimeout(() => {
    button.replaceChildren(...label);
    delete button.dataset.showsResult;
  }, SHOWN_MS);
}

/**
 * Copy the text of the button to the clipboard.
 * @param {HTMLButtonElement} button
 */
async function copy(button) {
  if (button.dataset.showsResult !== undefined) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
    showResult(button, gettext("Copied"));
  } catch {
    showResult(button, gettext("Select and copy by hand"));
  }
}

/**
 * Show and enable all copy buttons below `root`. They are hidden without scripts.
 * @param {ParentNode} root
 */
export function enableCopyButtons(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", () => void copy(button));
  }
}

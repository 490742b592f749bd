// @ts-check
/** Copy buttons: `data-copy` holds the text. The button says what happened; a live region says it aloud. */

const SHOWN_MS = 2000;

/**
 * @param {HTMLButtonElement} button
 * @param {string} text
 */
function say(button, text) {
  const label = [...button.childNodes];
  button.dataset.said = "";
  button.replaceChildren(text);
  setTimeout(() => {
    button.replaceChildren(...label);
    delete button.dataset.said;
  }, SHOWN_MS);
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  if (button.dataset.said !== undefined) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
    say(button, "Copied");
  } catch {
    say(button, "Select and copy by hand");
  }
}

/** @param {ParentNode} root */
export function enableCopyButtons(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", () => void copy(button));
  }
}

// @ts-check
import { enableCopyButtons } from "./copy.js";

/** Share buttons: the system's share sheet, or where there is none, a copy of the address. Hidden without scripts. */
for (const button of document.querySelectorAll("button[data-share]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  const { share: url = "", shareTitle: title = "" } = button.dataset;
  if (!navigator.share) {
    button.dataset.copy = url;
    if (button.parentElement) enableCopyButtons(button.parentElement);
    continue;
  }
  button.hidden = false;
  // Closing the sheet rejects the promise, and needs no message.
  button.addEventListener("click", () => void navigator.share({ url, title }).catch(() => {}));
}

// @ts-check
/** Notifications at the top of the page, which can be dismissed and are announced to screen readers. */

/** Longer than the entry animation, which must not run twice. */
const ANNOUNCE_AFTER_MS = 500;

/**
 * Enable the dismiss button of a notification.
 * @param {HTMLElement} toast
 */
function enableToast(toast) {
  const dismiss = toast.querySelector("[data-dismiss]");
  if (!(dismiss instanceof HTMLElement)) return;
  dismiss.hidden = false;
  dismiss.addEventListener("click", () => {
    toast.remove();
    document.getElementById("main")?.focus({ preventScroll: true });
  });
}

/**
 * Remove the notifications and insert them again: screen readers announce only changes of a live region.
 * @param {HTMLElement} region
 */
function announce(region) {
  const notes = [...region.children];
  if (notes.length === 0) return;
  setTimeout(() => {
    region.dataset.settled = "";
    region.replaceChildren(...notes.filter((note) => note.isConnected));
  }, ANNOUNCE_AFTER_MS);
}

/**
 * Enable the notifications below `root`.
 * @param {ParentNode} root
 */
export function enableToasts(root) {
  const region = root.querySelector("[data-toasts]");
  if (!(region instanceof HTMLElement)) return;
  for (const toast of region.children) if (toast instanceof HTMLElement) enableToast(toast);
  announce(region);
}

// @ts-check
/** Notes at the top of the page: dismissable, and read out although they were there when the page loaded. */

/** Longer than their arrival takes, which must not be seen twice. */
const ANNOUNCE_AFTER_MS = 500;

/** @param {HTMLElement} toast */
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
 * A live region only speaks of what changes in it, so the notes are taken out and put back.
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

/** @param {ParentNode} root */
export function enableToasts(root) {
  const region = root.querySelector("[data-toasts]");
  if (!(region instanceof HTMLElement)) return;
  for (const toast of region.children) if (toast instanceof HTMLElement) enableToast(toast);
  announce(region);
}

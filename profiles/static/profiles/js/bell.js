// @ts-check
/** The count of unread notices in the header, kept up to date while the page is visible. */

const EVERY_MS = 20_000;
const MOST_SHOWN = 99;

/**
 * Show a count in the bell, and in the name that screen readers say.
 * @param {HTMLElement} bell
 * @param {number} unread
 */
function showUnread(bell, unread) {
  const { none = "", some = "" } = bell.dataset;
  const count = bell.querySelector(".bell-count");
  if (!(count instanceof HTMLElement)) return;
  bell.setAttribute("aria-label", unread ? some.replace("{n}", String(unread)) : none);
  count.textContent = unread > MOST_SHOWN ? `${MOST_SHOWN}+` : String(unread);
  count.hidden = unread === 0;
}

/**
 * Ask for the count every 20 seconds, and when the page is shown again. Stop once the session is over.
 * @param {HTMLElement} bell
 */
function follow(bell) {
  let isOver = false;
  const update = async () => {
    if (document.hidden || isOver) return;
    const headers = { Accept: "application/json" };
    const response = await fetch(bell.dataset.bell ?? "", { headers, cache: "no-store" }).catch(() => null);
    isOver = response?.status === 401;
    if (response?.ok) showUnread(bell, Number((await response.json()).unread));
  };
  setInterval(() => void update(), EVERY_MS);
  document.addEventListener("visibilitychange", () => void update());
}

const bell = document.querySelector("[data-bell]");
if (bell instanceof HTMLElement) follow(bell);

// @ts-check
import { findPart } from "./dom.js";
import { getJson } from "./http.js";

/** Fields for a handle: whether it is free is said while it is typed. Without scripts, it is said when it is sent. */

/** Wait until the person pauses: long enough for a fast typist, short enough to seem immediate. */
const PAUSE_MS = 250;

/**
 * Say below the field whether what stands in it is free.
 * @param {HTMLElement} root
 */
function enableCheck(root) {
  const input = root.querySelector("input");
  const answer = findPart(root, "answer");
  if (!input) return;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const check = async () => {
    const typed = input.value.trim();
    const url = `${root.dataset.handleCheck}?name=${encodeURIComponent(typed)}`;
    const said = typed.length < 2 ? null : await getJson(url).catch(() => null);
    if (typed !== input.value.trim()) return;
    answer.textContent = said?.sentence ?? "";
    answer.dataset.state = said ? (said.is_free ? "free" : "taken") : "";
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void check(), PAUSE_MS);
  });
}

for (const root of document.querySelectorAll("[data-handle-check]")) if (root instanceof HTMLElement) enableCheck(root);

// @ts-check
import { gettext } from "../profiles/js/words.js";

/** The theme button. The selected theme is stored in this browser; the default is the system's preference. */

const KEY = "theme";

/**
 * Return the selected theme, or else the theme of the system.
 * @returns {"light" | "dark"} the theme of the page
 */
function currentTheme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/**
 * Apply and store a theme.
 * @param {"light" | "dark"} theme
 */
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Blocked storage: the theme applies to this page only.
  }
}

/**
 * Label the button with the theme it switches to.
 * @param {HTMLElement} button
 */
function setLabel(button) {
  button.textContent = currentTheme() === "dark" ? gettext("Light theme") : gettext("Dark theme");
}

/**
 * Show and enable the theme buttons below `root`.
 * @param {ParentNode} root
 */
export function enableThemeButtons(root) {
  for (const button of root.querySelectorAll("[data-theme-button]")) {
    if (!(button instanceof HTMLElement)) continue;
    button.hidden = false;
    setLabel(button);
    button.addEventListener("click", () => {
      setTheme(currentTheme() === "dark" ? "light" : "dark");
      setLabel(button);
    });
  }
}

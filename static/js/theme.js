// @ts-check
/** The theme button: light or dark by hand, kept in this browser; without it the system decides. */

const KEY = "theme";

/** @returns {"light" | "dark"} what the page shows now */
function currentTheme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** @param {"light" | "dark"} theme */
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Blocked storage: the choice lasts until the page is left.
  }
}

/** @param {HTMLElement} button */
function describe(button) {
  button.textContent = currentTheme() === "dark" ? "Light theme" : "Dark theme";
}

/** @param {ParentNode} root */
export function enableThemeButtons(root) {
  for (const button of root.querySelectorAll("[data-theme-button]")) {
    if (!(button instanceof HTMLElement)) continue;
    button.hidden = false;
    describe(button);
    button.addEventListener("click", () => {
      setTheme(currentTheme() === "dark" ? "light" : "dark");
      describe(button);
    });
  }
}

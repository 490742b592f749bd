// @ts-check
/** Behavior of all forms and menus: focus on errors, no double submission, closing of menus. */

/**
 * Focus the error summary below `root`, if any, and prevent double submission of its forms.
 * @param {ParentNode} root
 */
export function enableForms(root) {
  const summary = root.querySelector("[data-error-summary]");
  if (summary instanceof HTMLElement) summary.focus();
  for (const form of root.querySelectorAll("form[method=post]:not([data-upload])")) {
    if (form instanceof HTMLFormElement) preventDoubleSubmit(form);
  }
}

/**
 * Submit the form only once.
 * @param {HTMLFormElement} form
 */
function preventDoubleSubmit(form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    form.setAttribute("aria-busy", "true");
  });
  // Back and forward navigation restores the page as it was, and the form must work again.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  });
}

/** Close menus (<details>) on Escape and on a click outside. */
export function enableMenus() {
  const menus = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.menu[open]"));
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!(event.target instanceof Node && menu.contains(event.target))) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

// @ts-check
/** Small courtesies for plain forms: errors get the focus, menus close, a second click sends nothing twice. */

/** @param {ParentNode} root */
export function enableForms(root) {
  const summary = root.querySelector("[data-error-summary]");
  if (summary instanceof HTMLElement) summary.focus();
  for (const form of root.querySelectorAll("form[method=post]:not([data-upload])")) {
    if (form instanceof HTMLFormElement) preventDoubleSubmit(form);
  }
}

/** @param {HTMLFormElement} form */
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
  // Back/forward brings the page back as it was left, and the form must work again.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  });
}

/** Menus are <details>: Escape and a click elsewhere close them. */
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

// @ts-check
/** What every page gets. Pages add their own modules; `enhance` runs again on a <main> that upload.js swapped in. */
import { enableCopyButtons } from "./copy.js";
import { enableForms, enableMenus } from "./forms.js";
import { enableThemeButtons } from "./theme.js";
import { enableToasts } from "./toasts.js";

/** @param {ParentNode} root */
export function enhance(root) {
  enableCopyButtons(root);
  enableToasts(root);
  enableForms(root);
}

enableThemeButtons(document);
enableMenus();
enhance(document);

// @ts-check
/** What every page gets; pages add their own modules. */
import { enableCopyButtons } from "./copy.js";
import { enableForms, enableMenus } from "./forms.js";
import { enableThemeButtons } from "./theme.js";
import { enableToasts } from "./toasts.js";

document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
enableThemeButtons(document);
enableMenus();
enableCopyButtons(document);
enableToasts(document);
enableForms(document);

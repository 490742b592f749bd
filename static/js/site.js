// @ts-check
/** The script of every page. Pages add their own modules. */
import "./bell.js";
import { enableCopyButtons } from "./copy.js";
import { enableForms, enableMenus } from "./forms.js";
import "./passkeys.js";
import "./picture-dialog.js";
import { enablePlaying } from "./play.js";
import { enableThemeButtons } from "./theme.js";
import { enableToasts } from "./toasts.js";

enableThemeButtons(document);
enableMenus();
enableCopyButtons(document);
enableToasts(document);
enableForms(document);
enablePlaying(document);

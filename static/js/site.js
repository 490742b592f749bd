// @ts-check
/** The script of every page. Pages add their own modules. */
import "../profiles/js/bell.js";
import { enableCopyButtons } from "../profiles/js/copy.js";
import { enableForms, enableMenus } from "../profiles/js/forms.js";
import "./passkeys.js";
import "../profiles/js/picture-dialog.js";
import { enablePlaying } from "../profiles/js/play.js";
import { enableThemeButtons } from "./theme.js";
import { enableToasts } from "../profiles/js/toasts.js";

enableThemeButtons(document);
enableMenus();
enableCopyButtons(document);
enableToasts(document);
enableForms(document);
enablePlaying(document);

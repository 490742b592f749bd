// @ts-check
/** The script of every page of this app, and of a host's pages that show its components. */
import "./bell.js";
import { enableCopyButtons } from "./copy.js";
import { enableForms, enableMenus } from "./forms.js";
import "./picture-dialog.js";
import { enablePlaying } from "./play.js";
import { enableToasts } from "./toasts.js";

enableMenus();
enableCopyButtons(document);
enableToasts(document);
enableForms(document);
enablePlaying(document);

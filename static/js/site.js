// @ts-check
/** The script of every page. Pages add their own modules. */
import "../profiles/js/profiles.js";
import "./passkeys.js";
import { enableThemeButtons } from "./theme.js";

enableThemeButtons(document);

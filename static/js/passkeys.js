// @ts-check
import { gettext } from "../profiles/js/words.js";

/** Error messages for passkeys. allauth runs the passkey ceremony and only logs failures to the console. */

const MESSAGES = new Map([
  [
    "NotAllowedError",
    gettext("No passkey was used: the question was closed or took too long. Try again whenever you like."),
  ],
  ["InvalidStateError", gettext("This device already has a passkey for your account.")],
  ["SecurityError", gettext("Passkeys do not work on this address. Open the site under its own name, over https.")],
  ["NotSupportedError", gettext("This device cannot make the kind of passkey we need. Try another one.")],
]);
const FALLBACK = gettext("The passkey could not be used. Try again, or sign in another way.");

/**
 * Return the message for an exception of the WebAuthn API.
 * @param {unknown} exception
 */
function messageFor(exception) {
  return (exception instanceof Error && MESSAGES.get(exception.name)) || FALLBACK;
}

/**
 * Show an error notification.
 * @param {string} message
 */
function showToast(message) {
  const note = document.createElement("div");
  note.className = "toast toast-error";
  const text = document.createElement("div");
  text.textContent = message;
  note.append(text);
  const region = document.querySelector("[data-toasts]");
  region?.replaceChildren(note);
  region?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  showToast(messageFor(/** @type {CustomEvent} */ (event).detail?.exception));
});

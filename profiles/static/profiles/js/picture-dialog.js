// @ts-check
import { createElement } from "./dom.js";
import { enableForms } from "./forms.js";
import { gettext } from "./words.js";

/**
 * The picture dialog: the pages that extend profiles/picture/dialog.html, over any page. Their links and forms work without it. A picture
 * that is dropped or pasted anywhere goes to the drop zone in view, or else opens the dialog.
 */

/** The event by which a drop zone is given a file. */
const FILE_EVENT = "avatarsite:file";

class PictureDialog {
  /** @type {HTMLDialogElement | undefined} */
  element;
  /** Counts what was asked for, so that a late answer is dropped. */
  asked = 0;

  /** @param {string} address of the page to show */
  async open(address) {
    this.element ??= this.build();
    if (!this.element.open) this.element.showModal();
    await this.load(address);
  }

  build() {
    const element = createElement("dialog", "", "dialog picture-dialog");
    element.setAttribute("aria-labelledby", "picture-title");
    element.addEventListener("click", (event) => this.onClick(event));
    // The event comes late: the dialog may have been opened again.
    element.addEventListener("close", () => element.open || this.clear());
    // What was done here ends on the page where the dialog was opened.
    element.addEventListener("formdata", ({ formData }) => formData.set("next", location.pathname + location.search));
    document.body.append(element);
    return element;
  }

  clear() {
    this.asked++;
    this.element?.replaceChildren();
  }

  /**
   * Show a page. If that fails, for example since the person is signed out, open it as a page of its own.
   * @param {string} address
   */
  async load(address) {
    const asked = ++this.asked;
    if (!this.element?.hasChildNodes())
      this.element?.append(createElement("p", gettext("Loading…"), "picture-wait soft"));
    try {
      const parts = await fetchParts(address);
      if (asked === this.asked) await this.show(parts);
    } catch {
      location.assign(address);
    }
  }

  /** @param {Node[]} parts */
  async show(parts) {
    const element = /** @type {HTMLDialogElement} */ (this.element);
    const uploads = import("./upload.js");
    void import("./load-more.js");
    element.replaceChildren(...parts);
    enableForms(element);
    (await uploads).enableUploads(element);
    for (const part of element.querySelectorAll("[data-script]")) await enablePart(/** @type {HTMLElement} */ (part));
    const first = element.querySelector("[data-drop] input, [aria-current]");
    if (first instanceof HTMLElement) first.focus();
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const tab = event.target instanceof Element ? event.target.closest("a[data-picture-tab]") : null;
    if (!(tab instanceof HTMLAnchorElement) || opensElsewhere(event)) return;
    event.preventDefault();
    void this.load(tab.href);
  }
}

/**
 * Let the script that a part names take it over: a module with the address in `data-script`, which exports `enable`.
 * @param {HTMLElement} part
 */
async function enablePart(part) {
  const { enable } = await import(part.dataset.script ?? "");
  enable(part);
}

/**
 * Fetch a page in the frame of the dialog.
 * @param {string} address
 * @returns {Promise<Node[]>}
 */
async function fetchParts(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("frame", "dialog");
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(`The page answered ${answer.status}.`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return [...page.head.children, ...page.body.children].map((part) => document.importNode(part, true));
}

/**
 * Whether the click opens a link in another tab or window.
 * @param {MouseEvent} event
 */
function opensElsewhere(event) {
  return event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
}

const dialog = new PictureDialog();
/** Whether this page has a cropper of its own: a second one would share its ids. */
const isOwnPage = Boolean(document.querySelector("main [data-cropper]"));

/** @param {MouseEvent} event */
function onClick(event) {
  const link = event.target instanceof Element ? event.target.closest("a[data-picture-dialog]") : null;
  if (!(link instanceof HTMLAnchorElement) || opensElsewhere(event) || isOwnPage) return;
  event.preventDefault();
  void dialog.open(link.href);
}

/**
 * Give a file to the drop zone in view. Without one, open the dialog.
 * @param {File} file
 */
async function give(file) {
  const home = document.querySelector("a[data-picture-dialog]");
  if (!findZone() && home instanceof HTMLAnchorElement) {
    if (isOwnPage) return location.assign(home.href);
    await dialog.open(home.href);
  }
  findZone()?.dispatchEvent(new CustomEvent(FILE_EVENT, { detail: file }));
}

function findZone() {
  return document.querySelector(
    document.querySelector("dialog[open]") ? "dialog[open] [data-drop]" : "main [data-drop]",
  );
}

/** @param {DragEvent} event */
function onDragOver(event) {
  if (event.dataTransfer?.types.includes("Files") && !isFileField(event.target)) event.preventDefault();
}

/** @param {DragEvent} event */
function onDrop(event) {
  const file = event.dataTransfer?.files[0];
  if (!file || event.defaultPrevented || isFileField(event.target)) return;
  event.preventDefault();
  void give(file);
}

/** @param {ClipboardEvent} event */
function onPaste(event) {
  const file = event.clipboardData?.files[0];
  if (!file?.type.startsWith("image/")) return;
  event.preventDefault();
  void give(file);
}

/** @param {EventTarget | null} target */
function isFileField(target) {
  return target instanceof HTMLInputElement && target.type === "file";
}

document.addEventListener("click", onClick);
document.addEventListener("dragover", onDragOver);
document.addEventListener("drop", onDrop);
document.addEventListener("paste", onPaste);

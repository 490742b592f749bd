// @ts-check
import { formatBytes } from "./amounts.js";
import { isTooLarge, makeCopy } from "./shrink.js";
import { gettext } from "./words.js";

/**
 * A file field with drag and drop, a camera, and a preview of the selected picture. A picture that is too large is
 * replaced by a smaller copy. Markup: components/drop.html.
 *
 * @typedef {object} Handlers
 * @property {(bitmap: ImageBitmap | null, file: File | undefined) => void} [show] called with the selected picture,
 *   upright, which it must close; null if no file is selected or the browser cannot decode it. By default the zone draws
 *   the picture.
 * @property {(problem: string) => void} [refuse] called with why the file is not accepted. By default the zone says it.
 */
export class DropZone {
  /**
   * @param {HTMLElement} root
   * @param {Handlers} [handlers]
   */
  constructor(root, handlers = {}) {
    this.root = root;
    this.show = handlers.show ?? ((bitmap) => this.draw(bitmap));
    this.refuse = handlers.refuse ?? ((problem) => this.setStatus(problem));
    this.input = /** @type {HTMLInputElement} */ (root.querySelector("input[type=file]:not([data-camera])"));
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
    this.statusLine = /** @type {HTMLElement} */ (root.querySelector("[role=status]"));
    this.maxBytes = Number(root.dataset.maxBytes) || Infinity;
    this.input.addEventListener("change", () => void this.preview());
    const camera = /** @type {HTMLInputElement | null} */ (root.querySelector("[data-camera]"));
    camera?.addEventListener("change", () => camera.files?.[0] && this.take(camera.files[0]));
    // From profiles/js/picture-dialog.js: a file that was dropped or pasted anywhere.
    root.addEventListener("avatarsite:file", (event) => this.take(/** @type {CustomEvent<File>} */ (event).detail));
    root.addEventListener("dragover", (event) => this.setDragOver(event, true));
    root.addEventListener("dragleave", (event) => this.setDragOver(event, false));
    root.addEventListener("drop", (event) => this.drop(event));
    if (this.input.files?.length) void this.preview(); // the browser restored the selection after a reload
  }

  /** @param {string} message */
  setStatus(message) {
    this.statusLine.textContent = message;
  }

  /** @param {string} message why the file is not accepted */
  showError(message) {
    this.refuse(message);
    this.root.toggleAttribute("data-refused", true);
  }

  /**
   * @param {DragEvent} event
   * @param {boolean} isOver
   */
  setDragOver(event, isOver) {
    event.preventDefault();
    this.root.toggleAttribute("data-over", isOver);
  }

  /** @param {DragEvent} event */
  drop(event) {
    this.setDragOver(event, false);
    const file = event.dataTransfer?.files[0];
    if (file) this.take(file);
  }

  /**
   * Select a file that did not come by the field.
   * @param {File} file
   */
  take(file) {
    this.select(file);
    void this.preview();
  }

  /** @param {File} file */
  select(file) {
    const selection = new DataTransfer();
    selection.items.add(file);
    this.input.files = selection.files;
  }

  async preview() {
    const file = this.input.files?.[0];
    this.root.toggleAttribute("data-refused", false);
    this.setStatus("");
    const bitmap = file ? await decode(file) : null;
    const isLarge = file !== undefined && isTooLarge(bitmap ?? { width: 0, height: 0 }, file.size, this.maxBytes);
    const copy = isLarge && bitmap ? await makeCopy(bitmap, file.name) : null;
    if (file !== this.input.files?.[0]) return bitmap?.close(); // another file was selected meanwhile
    const wrong = file && !bitmap ? describeOther(file) : "";
    const sendable = wrong ? undefined : isLarge ? this.replace(copy) : file;
    const words = file ? describe(file, bitmap) : "";
    this.root.toggleAttribute("data-chosen", Boolean(sendable));
    this.show(bitmap, sendable); // closes the bitmap
    if (sendable) this.setStatus(isLarge ? `${words} ${describeCopy(sendable)}` : words);
    else if (file) this.showError(wrong || describeLarge(file, this.maxBytes));
  }

  /**
   * Select the copy instead of the file.
   * @param {File | null} copy
   * @returns {File | undefined} the copy, undefined if there is none or it is too large, too
   */
  replace(copy) {
    if (!copy || copy.size > this.maxBytes) return undefined;
    this.select(copy);
    return copy;
  }

  /** @param {ImageBitmap | null} bitmap */
  draw(bitmap) {
    this.canvas.hidden = !bitmap;
    if (bitmap) draw(bitmap, this.canvas, this.root.dataset.fit === "whole" ? Math.min : Math.max);
    bitmap?.close();
  }
}

/**
 * @param {File} file
 * @param {ImageBitmap | null} bitmap
 */
function describe({ name, size }, bitmap) {
  if (!bitmap) return gettext("This browser cannot show {name}, but we may be able to use it.", { name });
  const { width, height } = bitmap;
  return gettext("{name}, {width} × {height} pixels, {size}.", { name, width, height, size: formatBytes(size) });
}

/**
 * @param {File} file
 * @param {number} maxBytes
 */
function describeLarge({ name, size }, maxBytes) {
  const words = { name, size: formatBytes(size), most: formatBytes(maxBytes) };
  return gettext("{name} has {size}. Pictures may have up to {most}.", words);
}

/**
 * Return what is wrong with a file that says itself that it is no picture, "" if it does not say so.
 * @param {File} file
 */
function describeOther({ name, type }) {
  if (!type || type.startsWith("image/")) return "";
  if (type === "application/pdf")
    return gettext("{name} is a PDF. Choose a JPEG, PNG, GIF, WebP, AVIF or HEIC.", { name });
  if (type.startsWith("video/"))
    return gettext("{name} is a video. Choose a JPEG, PNG, GIF, WebP, AVIF or HEIC.", { name });
  return gettext("{name} is not a picture. Choose a JPEG, PNG, GIF, WebP, AVIF or HEIC.", { name });
}

/** @param {File} copy */
function describeCopy(copy) {
  const size = formatBytes(copy.size);
  return gettext("It is too large, so we will send a smaller copy of {size}, without motion.", { size });
}

/**
 * Decode a picture, turned upright by its EXIF orientation.
 * @param {File} file
 * @returns {Promise<ImageBitmap | null>} null if the browser cannot decode it
 */
function decode(file) {
  return createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
}

/**
 * Draw the picture centered on the canvas.
 * @param {ImageBitmap} bitmap
 * @param {HTMLCanvasElement} canvas
 * @param {(...ratios: number[]) => number} fit Math.max to cover the canvas, as avatars do, Math.min to show all of it
 */
function draw(bitmap, canvas, fit) {
  const scale = fit(canvas.width / bitmap.width, canvas.height / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  const context = canvas.getContext("2d");
  context?.clearRect(0, 0, canvas.width, canvas.height);
  context?.drawImage(bitmap, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
}

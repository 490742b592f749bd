// @ts-check
import { formatBytes } from "./amounts.js";
import { isTooLarge, makeCopy } from "./shrink.js";

/**
 * A file field with drag and drop and a preview of the selected picture. A picture that is too large is replaced by a
 * smaller copy. Markup: components/drop.html.
 */
export class DropZone {
  /**
   * @param {HTMLElement} root
   * @param {(bitmap: ImageBitmap | null, file: File | undefined) => void} [show] called with the selected picture,
   *   upright, which it must close; null if no file is selected or the browser cannot decode it. By default the zone
   *   draws the picture.
   */
  constructor(root, show) {
    this.root = root;
    this.show = show ?? ((bitmap) => this.draw(bitmap));
    this.input = /** @type {HTMLInputElement} */ (root.querySelector("input[type=file]"));
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
    this.statusLine = /** @type {HTMLElement} */ (root.querySelector("[role=status]"));
    this.maxBytes = Number(root.dataset.maxBytes) || Infinity;
    this.input.addEventListener("change", () => void this.preview());
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
    this.setStatus(message);
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
    if (!event.dataTransfer?.files.length) return;
    this.input.files = event.dataTransfer.files;
    void this.preview();
  }

  async preview() {
    const file = this.input.files?.[0];
    this.root.toggleAttribute("data-refused", false);
    this.setStatus("");
    const bitmap = file ? await decode(file) : null;
    const isLarge = file !== undefined && isTooLarge(bitmap ?? { width: 0, height: 0 }, file.size, this.maxBytes);
    const copy = isLarge && bitmap ? await makeCopy(bitmap, file.name) : null;
    if (file !== this.input.files?.[0]) return bitmap?.close(); // another file was selected meanwhile
    if (!file) return this.show(null, file);
    const sendable = isLarge ? this.replace(copy) : file;
    if (!sendable)
      this.showError(
        `${file.name} has ${formatBytes(file.size)}. Pictures may have up to ${formatBytes(this.maxBytes)}.`,
      );
    else if (bitmap) this.setStatus(`${describe(file, bitmap)}.${isLarge ? ` ${describeCopy(sendable)}` : ""}`);
    else
      this.setStatus(
        `This browser cannot show ${file.name}. You can send it all the same; we will tell you if it is no picture.`,
      );
    this.show(bitmap, sendable);
  }

  /**
   * Select the copy instead of the file.
   * @param {File | null} copy
   * @returns {File | undefined} the copy, undefined if there is none or it is too large, too
   */
  replace(copy) {
    if (!copy || copy.size > this.maxBytes) return undefined;
    const selection = new DataTransfer();
    selection.items.add(copy);
    this.input.files = selection.files;
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
 * @param {ImageBitmap} bitmap
 */
function describe(file, bitmap) {
  return `${file.name}, ${bitmap.width} × ${bitmap.height} pixels, ${formatBytes(file.size)}`;
}

/** @param {File} copy */
function describeCopy(copy) {
  return `It is too large, so we will send a smaller copy of ${formatBytes(copy.size)}, without motion.`;
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

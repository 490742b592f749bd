// @ts-check
import { formatBytes } from "./amounts.js";

/** A file field with drag and drop and a preview of the selected picture. Markup: components/drop.html. */
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
    const isTooLarge = file !== undefined && file.size > this.maxBytes;
    const bitmap = file && !isTooLarge ? await decode(file) : null;
    if (file !== this.input.files?.[0]) return bitmap?.close(); // another file was selected meanwhile
    if (!file) return this.show(null, file);
    if (isTooLarge)
      this.showError(
        `${file.name} has ${formatBytes(file.size)}. Pictures may have up to ${formatBytes(this.maxBytes)}.`,
      );
    else if (bitmap)
      this.setStatus(`${file.name}, ${bitmap.width} × ${bitmap.height} pixels, ${formatBytes(file.size)}.`);
    else
      this.setStatus(
        `This browser cannot show ${file.name}. You can send it all the same; we will tell you if it is no picture.`,
      );
    this.show(bitmap, isTooLarge ? undefined : file);
  }

  /** @param {ImageBitmap | null} bitmap */
  draw(bitmap) {
    this.canvas.hidden = !bitmap;
    if (bitmap) draw(bitmap, this.canvas, this.root.dataset.fit === "whole" ? Math.min : Math.max);
    bitmap?.close();
  }
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

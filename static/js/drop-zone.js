// @ts-check
import { formatBytes } from "./amounts.js";

/** A file field that takes drops and shows what was chosen before anything is sent. Markup: components/drop.html. */
export class DropZone {
  /**
   * @param {HTMLElement} root
   * @param {(bitmap: ImageBitmap | null, file: File | undefined) => void} [show] is told what was chosen, upright, and
   *   owns it: null where nothing was, or nothing that this browser can show. By default the zone draws it itself.
   */
  constructor(root, show) {
    this.root = root;
    this.show = show ?? ((bitmap) => this.draw(bitmap));
    this.input = /** @type {HTMLInputElement} */ (root.querySelector("input[type=file]"));
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("canvas"));
    this.statusLine = /** @type {HTMLElement} */ (root.querySelector("[role=status]"));
    this.maxBytes = Number(root.dataset.maxBytes) || Infinity;
    this.input.addEventListener("change", () => void this.preview());
    root.addEventListener("dragover", (event) => this.over(event, true));
    root.addEventListener("dragleave", (event) => this.over(event, false));
    root.addEventListener("drop", (event) => this.drop(event));
    if (this.input.files?.length) void this.preview(); // the browser kept the choice over a reload
  }

  /** @param {string} sentence */
  say(sentence) {
    this.statusLine.textContent = sentence;
  }

  /** @param {string} sentence */
  refuse(sentence) {
    this.say(sentence);
    this.root.toggleAttribute("data-refused", true);
  }

  /**
   * @param {DragEvent} event
   * @param {boolean} isOver
   */
  over(event, isOver) {
    event.preventDefault();
    this.root.toggleAttribute("data-over", isOver);
  }

  /** @param {DragEvent} event */
  drop(event) {
    this.over(event, false);
    if (!event.dataTransfer?.files.length) return;
    this.input.files = event.dataTransfer.files;
    void this.preview();
  }

  async preview() {
    const file = this.input.files?.[0];
    this.root.toggleAttribute("data-refused", false);
    this.say("");
    const isTooLarge = file !== undefined && file.size > this.maxBytes;
    const bitmap = file && !isTooLarge ? await read(file) : null;
    if (file !== this.input.files?.[0]) return bitmap?.close(); // another was chosen meanwhile
    if (!file) return this.show(null, file);
    if (isTooLarge)
      this.refuse(`${file.name} has ${formatBytes(file.size)}. Pictures may have up to ${formatBytes(this.maxBytes)}.`);
    else if (bitmap) this.say(`${file.name}, ${bitmap.width} × ${bitmap.height} pixels, ${formatBytes(file.size)}.`);
    else
      this.say(
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
 * @param {File} file
 * @returns {Promise<ImageBitmap | null>} upright, however the camera was held; null where the browser can't read it
 */
function read(file) {
  return createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
}

/**
 * In the middle: cut to the canvas (Math.max), as avatars are, or whole (Math.min).
 * @param {ImageBitmap} bitmap
 * @param {HTMLCanvasElement} canvas
 * @param {(...ratios: number[]) => number} fit
 */
function draw(bitmap, canvas, fit) {
  const scale = fit(canvas.width / bitmap.width, canvas.height / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  const context = canvas.getContext("2d");
  context?.clearRect(0, 0, canvas.width, canvas.height);
  context?.drawImage(bitmap, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
}

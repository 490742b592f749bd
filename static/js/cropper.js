// @ts-check
import {
  MIDDLE,
  describe,
  moveCrop,
  resizeCrop,
  sliderToSize,
  cropToSlider,
  cropToSquare,
  formatZoom,
} from "./crop-geometry.js";
import { FRAME, listen } from "./crop-input.js";

/**
 * Chooses the part of a picture that is shown. Markup: components/cropper.html, whose three lists stay where the
 * browser can't show the picture. The form that holds it sends what was chosen, by whatever way it goes.
 */

/** Pixels of the copy that is drawn from: the largest picture has to follow a finger. */
const COPY_SIDE = 2048;
const STEPS = 1000;
const BUTTON_STEP = 0.1;
const BUTTON_ZOOM = 1.25;
/** Words are said once the hand rests. */
const REST_MS = 300;

export class Cropper {
  /** @type {ImageBitmap | undefined} */
  bitmap;
  size = { width: 1, height: 1 };
  crop = { ...MIDDLE };

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.slider = /** @type {HTMLInputElement} */ (this.part("slider"));
    this.canvas = /** @type {HTMLCanvasElement} */ (this.part("canvas"));
    this.previews = [.../** @type {NodeListOf<HTMLCanvasElement>} */ (root.querySelectorAll("[data-preview]"))];
    listen(this.part("stage"), this);
    this.slider.addEventListener("input", () => this.choose(this.cropAtSlider()));
    root.addEventListener("click", (event) => this.press(event));
    root.closest("form")?.addEventListener("formdata", (event) => this.fill(event.formData));
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  part(name) {
    const found = this.root.querySelector(`[data-part="${name}"]`);
    if (!(found instanceof HTMLElement)) throw new Error(`The cropper lacks its part ${name}.`);
    return found;
  }

  /** @param {ImageBitmap} bitmap upright; the cropper closes it */
  async open(bitmap) {
    const size = { width: bitmap.width, height: bitmap.height };
    this.opening = bitmap;
    const copy = await smaller(bitmap);
    if (this.opening !== bitmap) return copy.close(); // another picture was chosen meanwhile
    this.bitmap?.close();
    this.bitmap = copy;
    this.size = size;
    this.show({ isOpen: true });
    this.choose({ ...MIDDLE });
  }

  /** For pictures this browser can't show: the lists take over. */
  showFallback() {
    this.close();
    this.part("plain").dataset.open = "";
  }

  close() {
    this.bitmap?.close();
    this.bitmap = this.opening = undefined;
    this.show({ isOpen: false });
  }

  /** @param {{ isOpen: boolean }} state */
  show({ isOpen }) {
    this.part("tool").hidden = !isOpen;
    delete this.part("plain").dataset.open;
  }

  /**
   * @param {number} right
   * @param {number} down
   */
  move = (right, down) => this.choose(moveCrop(this.crop, this.size, right, down));

  /**
   * @param {number} factor
   * @param {{ x: number, y: number }} [at]
   */
  zoom = (factor, at) => this.choose(resizeCrop(this.crop, this.size, this.crop.size / factor, at));

  reset = () => this.choose({ ...MIDDLE });

  cropAtSlider() {
    return resizeCrop(this.crop, this.size, sliderToSize(Number(this.slider.value) / STEPS, this.size));
  }

  /** @param {MouseEvent} event */
  press(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const { right = "0", down = "0", zoom } = button.dataset;
    if (zoom === "reset") this.reset();
    else if (zoom) this.zoom(zoom === "in" ? BUTTON_ZOOM : 1 / BUTTON_ZOOM);
    else this.move(Number(right) * BUTTON_STEP, Number(down) * BUTTON_STEP);
  }

  /** @param {import("./crop-geometry.js").Crop} crop */
  choose(crop) {
    this.crop = crop;
    this.slider.value = String(Math.round(cropToSlider(crop, this.size) * STEPS));
    this.slider.setAttribute("aria-valuetext", formatZoom(crop));
    cancelAnimationFrame(this.frame ?? 0);
    this.frame = requestAnimationFrame(() => this.draw());
    clearTimeout(this.rest);
    this.rest = setTimeout(() => (this.part("words").textContent = describe(this.crop, this.size)), REST_MS);
  }

  draw() {
    const { left, top, side } = cropToSquare(this.crop, this.size);
    const margin = (side * (1 - FRAME)) / FRAME / 2;
    this.paint(this.canvas, left - margin, top - margin, side + 2 * margin);
    for (const preview of this.previews) this.paint(preview, left, top, side);
  }

  /**
   * The square of the picture that begins at `left` and `top`, filling `canvas`.
   * @param {HTMLCanvasElement} canvas
   * @param {number} left
   * @param {number} top
   * @param {number} side
   */
  paint(canvas, left, top, side) {
    const context = canvas.getContext("2d");
    if (!context || !this.bitmap) return;
    const scale = canvas.width / side;
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.bitmap, -left * scale, -top * scale, this.size.width * scale, this.size.height * scale);
  }

  /** @param {FormData} data */
  fill(data) {
    if (!this.bitmap) return;
    for (const [name, value] of Object.entries(this.crop)) data.set(`crop_${name}`, value.toFixed(6));
  }
}

/**
 * @param {ImageBitmap} bitmap closed if another one is returned
 * @returns {Promise<ImageBitmap>}
 */
async function smaller(bitmap) {
  const scale = COPY_SIDE / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return bitmap;
  const [resizeWidth, resizeHeight] = [bitmap.width, bitmap.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  );
  const copy = await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: "medium" });
  bitmap.close();
  return copy;
}

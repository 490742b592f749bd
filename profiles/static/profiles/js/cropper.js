// @ts-check
import {
  DEFAULT_CROP,
  addQuarter,
  cropToSlider,
  cropToSquare,
  describeCrop,
  firstCrop,
  formatAngle,
  formatZoom,
  moveCrop,
  resizeCrop,
  shrinking,
  sliderToSize,
  turnCrop,
  unturn,
} from "./crop-geometry.js";
import { FRAME_SHARE, addCropControls } from "./crop-input.js";
import { findPart } from "./dom.js";

/**
 * Turns a picture, and selects the square of it that is shown. Markup: components/cropper.html. If the browser cannot show the
 * picture, its select fields are used instead. Turn and crop are added to the data of the enclosing form.
 */

/** Longest side in pixels of the copy that is drawn, so that dragging stays smooth for large pictures. */
const MAX_SIDE = 2048;
const STEPS = 1000;
const BUTTON_STEP = 0.1;
const BUTTON_ZOOM = 1.25;
/** Delay of the description after the last change, so that a screen reader reads it once. */
const DESCRIBE_AFTER_MS = 300;

export class Cropper {
  /** @type {ImageBitmap | HTMLCanvasElement | undefined} the picture as it is turned */
  source;
  size = { width: 1, height: 1 };
  turn = { quarters: 0, isMirrored: false };
  crop = { ...DEFAULT_CROP };
  /** By which the crop is straightened, in degrees clockwise. */
  angle = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.slider = /** @type {HTMLInputElement} */ (this.part("slider"));
    this.canvas = /** @type {HTMLCanvasElement} */ (this.part("canvas"));
    this.previews = [.../** @type {NodeListOf<HTMLCanvasElement>} */ (root.querySelectorAll("[data-preview]"))];
    addCropControls(this.part("stage"), this);
    this.straightener = /** @type {HTMLInputElement} */ (this.part("straighten"));
    this.slider.addEventListener("input", () => this.setCrop(this.cropAtSlider()));
    this.straightener.addEventListener("input", () => this.straighten(Number(this.straightener.value)));
    root.addEventListener("click", (event) => this.onClick(event));
    root.closest("form")?.addEventListener("formdata", (event) => this.addToFormData(event.formData));
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  part(name) {
    return findPart(this.root, name);
  }

  /**
   * Show a picture with the default crop.
   * @param {ImageBitmap} bitmap upright; the cropper closes it
   */
  async open(bitmap) {
    const size = { width: bitmap.width, height: bitmap.height };
    this.opening = bitmap;
    const copy = await downscale(bitmap);
    if (this.opening !== bitmap) return copy.close(); // another picture was selected meanwhile
    this.source = copy;
    this.size = size;
    this.turn = { quarters: 0, isMirrored: false };
    this.show({ isOpen: true });
    this.reset();
  }

  /** Show the select fields, for a picture the browser cannot show. */
  showFallback() {
    this.close();
    this.part("plain").dataset.open = "";
  }

  close() {
    this.source = this.opening = undefined;
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
  move = (right, down) => {
    const { x, y } = unturn(right, down, this.angle);
    this.setCrop(moveCrop(this.crop, this.size, x, y));
  };

  /**
   * @param {number} factor
   * @param {{ x: number, y: number }} [at]
   */
  zoom = (factor, at = { x: 0.5, y: 0.5 }) => {
    const { x, y } = unturn(at.x - 0.5, at.y - 0.5, this.angle);
    this.setCrop(resizeCrop(this.crop, this.size, this.crop.size / factor, { x: x + 0.5, y: y + 0.5 }));
  };

  reset = () => {
    this.straighten(0);
    this.setCrop(firstCrop(this.size));
  };

  /** @param {number} angle in degrees clockwise */
  straighten(angle) {
    this.angle = angle;
    this.straightener.value = String(angle);
    this.straightener.setAttribute("aria-valuetext", formatAngle(angle));
    this.setCrop(this.crop);
  }

  /** @param {1 | -1} direction 1 is clockwise */
  rotate(direction) {
    const { width, height } = this.size;
    this.redraw((context) => context.rotate((direction * Math.PI) / 2), { isSideways: true });
    this.size = { width: height, height: width };
    this.turn = addQuarter(this.turn, direction);
    this.setCrop(turnCrop(this.crop, direction));
  }

  mirror() {
    this.redraw((context) => context.scale(-1, 1), { isSideways: false });
    this.turn.isMirrored = !this.turn.isMirrored;
    this.crop = { ...this.crop, x: 1 - this.crop.x };
    this.straighten(-this.angle || 0);
  }

  /**
   * Replace the picture by a transformed one.
   * @param {(context: CanvasRenderingContext2D) => void} transform around the middle
   * @param {{ isSideways: boolean }} shape
   */
  redraw(transform, { isSideways }) {
    const { source } = this;
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    if (!context || !source) return;
    canvas.width = isSideways ? source.height : source.width;
    canvas.height = isSideways ? source.width : source.height;
    context.translate(canvas.width / 2, canvas.height / 2);
    transform(context);
    context.drawImage(source, -source.width / 2, -source.height / 2);
    this.source = canvas;
  }

  cropAtSlider() {
    return resizeCrop(this.crop, this.size, sliderToSize(Number(this.slider.value) / STEPS, this.size));
  }

  /**
   * Handle the buttons to turn, move and zoom.
   * @param {MouseEvent} event
   */
  onClick(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const { right = "0", down = "0", zoom, turn, mirror } = button.dataset;
    if (turn) this.rotate(turn === "1" ? 1 : -1);
    else if (mirror !== undefined) this.mirror();
    else if (zoom === "reset") this.reset();
    else if (zoom) this.zoom(zoom === "in" ? BUTTON_ZOOM : 1 / BUTTON_ZOOM);
    else this.move(Number(right) * BUTTON_STEP, Number(down) * BUTTON_STEP);
  }

  /**
   * Select a crop, and update the slider, the drawing and the description.
   * @param {import("./crop-geometry.js").Crop} crop
   */
  setCrop(crop) {
    this.crop = crop;
    this.slider.value = String(Math.round(cropToSlider(crop, this.size) * STEPS));
    this.slider.setAttribute("aria-valuetext", formatZoom(crop));
    cancelAnimationFrame(this.frame ?? 0);
    this.frame = requestAnimationFrame(() => this.draw());
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => (this.part("words").textContent = describeCrop(this.crop, this.size, this.angle)),
      DESCRIBE_AFTER_MS,
    );
  }

  /** Draw the stage and the previews. */
  draw() {
    const { left, top, side } = cropToSquare(this.crop, this.size);
    const middle = { x: left + side / 2, y: top + side / 2 };
    const shown = side / shrinking(this.angle);
    this.paint(this.canvas, middle, shown / FRAME_SHARE);
    for (const preview of this.previews) this.paint(preview, middle, shown);
  }

  /**
   * Draw the straightened square of the picture around `middle`, so that it fills `canvas`.
   * @param {HTMLCanvasElement} canvas
   * @param {{ x: number, y: number }} middle
   * @param {number} side
   */
  paint(canvas, middle, side) {
    const context = canvas.getContext("2d");
    if (!context || !this.source) return;
    const scale = canvas.width / side;
    context.resetTransform();
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.translate(canvas.width / 2, canvas.height / 2);
    context.rotate((this.angle * Math.PI) / 180);
    context.scale(scale, scale);
    context.drawImage(this.source, -middle.x, -middle.y, this.size.width, this.size.height);
  }

  /**
   * Add turn and crop to the data of the form, unless no picture is open.
   * @param {FormData} data
   */
  addToFormData(data) {
    if (!this.source) return;
    data.set("crop_turn", String(this.turn.quarters));
    data.set("crop_mirror", String(this.turn.isMirrored));
    data.set("crop_angle", String(this.angle));
    for (const [name, value] of Object.entries(this.crop)) data.set(`crop_${name}`, value.toFixed(6));
  }
}

/**
 * Return the picture with sides of at most MAX_SIDE pixels.
 * @param {ImageBitmap} bitmap closed if a smaller copy is returned
 * @returns {Promise<ImageBitmap>}
 */
async function downscale(bitmap) {
  const scale = MAX_SIDE / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return bitmap;
  const [resizeWidth, resizeHeight] = [bitmap.width, bitmap.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  );
  const copy = await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: "medium" });
  bitmap.close();
  return copy;
}

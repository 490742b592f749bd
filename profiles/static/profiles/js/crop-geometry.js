// @ts-check
import { decimalPoint, gettext } from "./words.js";

/**
 * The square of a picture that is shown. Pure functions; profiles/images/geometry.py computes the same on the server.
 *
 * @typedef {{ x: number, y: number, size: number }} Crop center as fractions of width and height, side as a fraction of
 *   the shorter side
 * @typedef {{ width: number, height: number }} Size
 * @typedef {{ left: number, top: number, side: number }} Square in pixels of the picture
 */

/** @type {Readonly<Crop>} the largest square in the center */
export const DEFAULT_CROP = Object.freeze({ x: 0.5, y: 0.5, size: 1 });

/**
 * Return the largest square to begin with: in the center of a wide picture, at the upper third of a tall one, where a
 * face is most often.
 * @param {Size} size
 * @returns {Crop}
 */
export function firstCrop(size) {
  if (size.height <= size.width) return { ...DEFAULT_CROP };
  const { left, top, side } = cropToSquare({ x: 0.5, y: 1 / 3, size: 1 }, size);
  return squareToCrop({ left, top, side }, size);
}

/**
 * How a picture is turned: first by quarters clockwise, then mirrored left to right. CropForm.crop_turn is the same.
 * @typedef {{ quarters: number, isMirrored: boolean }} Turn
 */

/**
 * Return the turn after turning what is seen by a quarter.
 * @param {Turn} turn
 * @param {1 | -1} direction 1 is clockwise
 * @returns {Turn}
 */
export function addQuarter({ quarters, isMirrored }, direction) {
  return { quarters: (quarters + (isMirrored ? -direction : direction) + 4) % 4, isMirrored };
}

/**
 * Return the same square of a picture that was turned by a quarter.
 * @param {Crop} crop
 * @param {1 | -1} direction 1 is clockwise
 * @returns {Crop}
 */
export function turnCrop({ x, y, size }, direction) {
  return direction === 1 ? { x: 1 - y, y: x, size } : { x: y, y: 1 - x, size };
}

/**
 * Return by how much smaller the largest square turned by `angle` degrees is than the square around it.
 * profiles/images/straighten.py cuts it out of the picture.
 * @param {number} angle
 */
export function shrinking(angle) {
  const radians = (Math.abs(angle) * Math.PI) / 180;
  return Math.cos(radians) + Math.sin(radians);
}

/**
 * Convert a way on the screen, in units of the frame's side, to one in the straightened picture, in units of its crop.
 * @param {number} right
 * @param {number} down
 * @param {number} angle by which the picture is turned, in degrees clockwise
 */
export function unturn(right, down, angle) {
  const radians = (angle * Math.PI) / 180;
  const [along, across] = [Math.cos(radians) / shrinking(angle), Math.sin(radians) / shrinking(angle)];
  return { x: right * along + down * across, y: down * along - right * across };
}

const MAX_ZOOM = 8;
/** Smallest side of a square in pixels, unless the picture itself is smaller. */
const MIN_SIDE = 64;

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * Convert a crop to pixels. A square that would cross an edge of the picture is shifted inside.
 * @param {Crop} crop
 * @param {Size} size
 * @returns {Square}
 */
export function cropToSquare({ x, y, size: share }, { width, height }) {
  const side = share * Math.min(width, height);
  return {
    left: clamp(x * width - side / 2, 0, width - side),
    top: clamp(y * height - side / 2, 0, height - side),
    side,
  };
}

/**
 * Return the smallest `size` a crop may have: zoom ends at 8 times or at 64 pixels.
 * @param {Size} size
 */
export function minSize({ width, height }) {
  return Math.min(1, Math.max(1 / MAX_ZOOM, MIN_SIDE / Math.min(width, height)));
}

/**
 * Convert a square in pixels to a crop.
 * @param {Square} square
 * @param {Size} size
 * @returns {Crop}
 */
function squareToCrop({ left, top, side }, { width, height }) {
  return { x: (left + side / 2) / width, y: (top + side / 2) / height, size: side / Math.min(width, height) };
}

/**
 * Return the crop after dragging the picture by `right` and `down`, in units of the square's side.
 * @param {Crop} crop
 * @param {Size} size
 * @param {number} right
 * @param {number} down
 */
export function moveCrop(crop, size, right, down) {
  const { left, top, side } = cropToSquare(crop, size);
  const middle = { x: (left + side / 2 - right * side) / size.width, y: (top + side / 2 - down * side) / size.height };
  return squareToCrop(cropToSquare({ ...middle, size: crop.size }, size), size);
}

/**
 * Return the crop after zooming, keeping one point of the picture in place.
 * @param {Crop} crop
 * @param {Size} size
 * @param {number} share the new side as a fraction of the shorter side
 * @param {{ x: number, y: number }} at the point to keep, as fractions (0 to 1) of the old square
 */
export function resizeCrop(crop, size, share, at = { x: 0.5, y: 0.5 }) {
  const old = cropToSquare(crop, size);
  const wanted = clamp(share, minSize(size), 1);
  const shrunk = old.side - wanted * Math.min(size.width, size.height);
  const half = (old.side - shrunk) / 2;
  const x = (old.left + at.x * shrunk + half) / size.width;
  const y = (old.top + at.y * shrunk + half) / size.height;
  return squareToCrop(cropToSquare({ x, y, size: wanted }, size), size);
}

/**
 * Return the position (0 to 1) of the zoom slider. Equal steps zoom by equal factors.
 * @param {Crop} crop
 * @param {Size} size
 */
export function cropToSlider(crop, size) {
  const least = minSize(size);
  return least === 1 ? 0 : clamp(Math.log(crop.size) / Math.log(least), 0, 1);
}

/**
 * Return the crop size for a position of the zoom slider.
 * @param {number} slider 0 to 1
 * @param {Size} size
 */
export function sliderToSize(slider, size) {
  return minSize(size) ** slider;
}

/**
 * Format the zoom factor.
 * @param {Crop} crop
 */
export function formatZoom({ size }) {
  return gettext("{factor} times", { factor: (1 / size).toFixed(1).replace(".", decimalPoint) });
}

/**
 * Format degrees, for screen readers.
 * @param {number} angle
 */
export function formatAngle(angle) {
  return `${angle} degrees`;
}

/**
 * Describe the crop in words, for screen readers.
 * @param {Crop} crop
 * @param {Size} size
 * @param {number} angle
 */
export function describeCrop(crop, size, angle = 0) {
  const { left, top, side } = cropToSquare(crop, size);
  const span = (/** @type {number} */ start, /** @type {number} */ length) =>
    gettext("{start} to {end}%", {
      start: Math.round((start / length) * 100),
      end: Math.round(((start + side) / length) * 100),
    });
  const shown = gettext("Zoomed {zoom}. Shown: {across} from the left, {down} from the top.", {
    zoom: formatZoom(crop),
    across: span(left, size.width),
    down: span(top, size.height),
  });
  return angle ? `${shown} ${gettext("Straightened by {angle}.", { angle: formatAngle(angle) })}` : shown;
}

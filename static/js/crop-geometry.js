// @ts-check
/**
 * Which square of a picture is shown, in the numbers the server takes: the point in its middle as fractions of width
 * and height, its side as a fraction of the shorter side. Pure; profiles/images/geometry.py means the same.
 *
 * @typedef {{ x: number, y: number, size: number }} Crop
 * @typedef {{ width: number, height: number }} Size
 * @typedef {{ left: number, top: number, side: number }} Square in pixels of the picture
 */

/** @type {Readonly<Crop>} */
export const MIDDLE = Object.freeze({ x: 0.5, y: 0.5, size: 1 });

const MAX_ZOOM = 8;
/** A square of fewer pixels is no picture of anything, unless the whole picture has fewer. */
const MIN_SIDE = 64;

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * @param {Crop} crop
 * @param {Size} size
 * @returns {Square} wholly inside the picture
 */
export function cropToSquare({ x, y, size: share }, { width, height }) {
  const side = share * Math.min(width, height);
  return {
    left: within(x * width - side / 2, 0, width - side),
    top: within(y * height - side / 2, 0, height - side),
    side,
  };
}

/** The minSize square to be chosen, as a fraction of the shorter side. @param {Size} size */
export function minSize({ width, height }) {
  return Math.min(1, Math.max(1 / MAX_ZOOM, MIN_SIDE / Math.min(width, height)));
}

/**
 * @param {Square} square
 * @param {Size} size
 * @returns {Crop} with its middle where the square's really is
 */
function squareToCrop({ left, top, side }, { width, height }) {
  return { x: (left + side / 2) / width, y: (top + side / 2) / height, size: side / Math.min(width, height) };
}

/**
 * The picture pushed by `right` and `down`, in sides of the square, as by a finger on it.
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
 * A square of another size, round the point of the picture that lies `at` (0 to 1 across and down) the old one.
 * @param {Crop} crop
 * @param {Size} size
 * @param {number} share its side as a fraction of the shorter side
 * @param {{ x: number, y: number }} at
 */
export function resizeCrop(crop, size, share, at = { x: 0.5, y: 0.5 }) {
  const old = cropToSquare(crop, size);
  const wanted = within(share, minSize(size), 1);
  const shrunk = old.side - wanted * Math.min(size.width, size.height);
  const half = (old.side - shrunk) / 2;
  const x = (old.left + at.x * shrunk + half) / size.width;
  const y = (old.top + at.y * shrunk + half) / size.height;
  return squareToCrop(cropToSquare({ x, y, size: wanted }, size), size);
}

/**
 * How far a slider stands, 0 to 1: each step zooms by the same factor.
 * @param {Crop} crop
 * @param {Size} size
 */
export function cropToSlider(crop, size) {
  const least = minSize(size);
  return least === 1 ? 0 : within(Math.log(crop.size) / Math.log(least), 0, 1);
}

/** @param {number} slider 0 to 1 @param {Size} size */
export function sliderToSize(slider, size) {
  return minSize(size) ** slider;
}

/** @param {Crop} crop */
export function formatZoom({ size }) {
  return `${(1 / size).toFixed(1)} times`;
}

/**
 * What is shown, in words.
 * @param {Crop} crop
 * @param {Size} size
 */
export function describe(crop, size) {
  const { left, top, side } = cropToSquare(crop, size);
  const span = (/** @type {number} */ start, /** @type {number} */ length) =>
    `${Math.round((start / length) * 100)} to ${Math.round(((start + side) / length) * 100)}%`;
  return `Zoomed ${formatZoom(crop)}. Shown: ${span(left, size.width)} from the left, ${span(top, size.height)} from the top.`;
}

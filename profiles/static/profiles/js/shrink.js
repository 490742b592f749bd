// @ts-check

/** Make smaller copies of pictures that are too large to be sent. */

/** Longest side in pixels of a copy: more than any page shows, and a few megabytes at most. */
const MAX_SIDE = 4096;
/** Pixels beyond which a picture is sent as a copy, though its bytes would do: the server's own limit is 50 million. */
const MAX_PIXELS = 50_000_000;
const QUALITY = 0.92;

/**
 * Return whether a picture should be sent as a smaller copy.
 * @param {{ width: number, height: number }} bitmap
 * @param {number} bytes of the file
 * @param {number} maxBytes
 */
export function isTooLarge({ width, height }, bytes, maxBytes) {
  return bytes > maxBytes || width * height > MAX_PIXELS;
}

/**
 * Return the size of the copy: the picture's own, or less.
 * @param {{ width: number, height: number }} bitmap
 */
export function copySize({ width, height }) {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Return a smaller copy of a picture, without its hidden data. An animation becomes its first frame.
 * @param {ImageBitmap} bitmap upright
 * @param {string} name of the file
 * @returns {Promise<File | null>} null if the browser cannot make one
 */
export async function makeCopy(bitmap, name) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, copySize(bitmap));
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  // WebP keeps transparency; a browser that cannot write it answers with PNG.
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", QUALITY));
  return blob && new File([blob], name, { type: blob.type });
}

// @ts-check
import { Cropper } from "./cropper.js";

/** Crops again what is kept of an upload: the page's own picture, which stands in for the cropper until it is loaded. */

/**
 * @param {HTMLElement} root
 * @param {HTMLImageElement} picture
 */
async function begin(root, picture) {
  const cropper = new Cropper(root);
  try {
    await picture.decode();
    await cropper.open(await createImageBitmap(picture));
    picture.hidden = true;
  } catch {
    cropper.showFallback();
  }
}

const root = document.querySelector("[data-cropper]");
const picture = document.querySelector("[data-whole]");
if (root instanceof HTMLElement && picture instanceof HTMLImageElement) void begin(root, picture);

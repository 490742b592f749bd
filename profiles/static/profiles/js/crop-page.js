// @ts-check
import { Cropper } from "./cropper.js";

/** Change the crop of an earlier upload. The page shows its picture until the cropper is ready. */

/**
 * Open the picture of the page in the cropper.
 * @param {HTMLElement} root
 * @param {HTMLImageElement} picture
 */
async function openCropper(root, picture) {
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
if (root instanceof HTMLElement && picture instanceof HTMLImageElement) void openCropper(root, picture);

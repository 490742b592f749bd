// @ts-check
import { byteCount } from "./amounts.js";
import { goTo, readProblem } from "./http.js";

/** The upload form with drop, preview, progress and cancel. XMLHttpRequest, as fetch cannot tell how far it is. */

class UploadForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.input = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
    this.zone = this.part("drop");
    this.maxBytes = Number(form.dataset.maxBytes) || Infinity;
    this.input.addEventListener("change", () => void this.preview());
    this.zone.addEventListener("dragover", (event) => this.over(event, true));
    this.zone.addEventListener("dragleave", (event) => this.over(event, false));
    this.zone.addEventListener("drop", (event) => this.drop(event));
    this.part("cancel").addEventListener("click", () => this.request?.abort());
    form.addEventListener("submit", (event) => this.submit(event));
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  part(name) {
    const found = this.form.querySelector(`[data-part="${name}"]`);
    if (!(found instanceof HTMLElement)) throw new Error(`The upload form lacks its part ${name}.`);
    return found;
  }

  /** @param {string} sentence */
  say(sentence) {
    this.part("status").textContent = sentence;
  }

  /**
   * @param {DragEvent} event
   * @param {boolean} isOver
   */
  over(event, isOver) {
    event.preventDefault();
    this.zone.toggleAttribute("data-over", isOver);
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
    const canvas = /** @type {HTMLCanvasElement} */ (this.part("preview"));
    canvas.hidden = true;
    this.zone.toggleAttribute("data-refused", false);
    if (!file) return this.say("");
    if (file.size > this.maxBytes) return this.say(`${file.name} has ${byteCount(file.size)}. Pictures may have up to ${byteCount(this.maxBytes)}.`);
    try {
      const bitmap = await createImageBitmap(file);
      drawSquare(bitmap, canvas);
      canvas.hidden = false;
      this.say(`${file.name}, ${bitmap.width} × ${bitmap.height} pixels, ${byteCount(file.size)}. Ready to upload.`);
    } catch {
      this.say(`This browser cannot show ${file.name}. You can upload it all the same; we will tell you if it is no picture.`);
    }
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    if (!this.input.files?.length) return;
    event.preventDefault();
    if (this.request) return;
    const request = new XMLHttpRequest();
    this.request = request;
    this.setSending(true);
    request.upload.addEventListener("progress", (progress) => this.showProgress(progress));
    request.upload.addEventListener("load", () => this.say("Uploaded. Checking the picture…"));
    request.addEventListener("load", () => this.receive(request));
    request.addEventListener("error", () => this.end("The connection broke before the picture arrived. Please try again."));
    request.addEventListener("abort", () => this.end("Cancelled. Your picture is as it was."));
    request.open("POST", this.form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.send(new FormData(this.form));
  }

  /** @param {ProgressEvent} progress */
  showProgress({ loaded, total, lengthComputable }) {
    if (!lengthComputable) return;
    const percent = Math.round((loaded / total) * 100);
    /** @type {HTMLProgressElement} */ (this.part("progress")).value = percent;
    if (percent % 25 === 0) this.say(`Uploading, ${percent} %`);
  }

  /** @param {boolean} isSending */
  setSending(isSending) {
    this.part("sending").hidden = !isSending;
    /** @type {HTMLProgressElement} */ (this.part("progress")).value = 0;
    this.form.setAttribute("aria-busy", String(isSending));
  }

  /** @param {string} sentence */
  end(sentence) {
    this.request = undefined;
    this.setSending(false);
    this.say(sentence);
  }

  /** @param {XMLHttpRequest} request */
  receive({ status, response }) {
    if (status === 200 && response?.redirect) return goTo(response.redirect);
    this.end(readProblem(status, response).message);
    this.zone.toggleAttribute("data-refused", true);
  }
}

/**
 * The middle square, as avatars are cut.
 * @param {ImageBitmap} bitmap
 * @param {HTMLCanvasElement} canvas
 */
function drawSquare(bitmap, canvas) {
  const side = Math.min(bitmap.width, bitmap.height);
  const left = (bitmap.width - side) / 2;
  const top = (bitmap.height - side) / 2;
  const context = canvas.getContext("2d");
  context?.clearRect(0, 0, canvas.width, canvas.height);
  context?.drawImage(bitmap, left, top, side, side, 0, 0, canvas.width, canvas.height);
}

for (const form of document.querySelectorAll("form[data-upload]")) if (form instanceof HTMLFormElement) new UploadForm(form);

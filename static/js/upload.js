// @ts-check
import { formatBytes } from "./amounts.js";
import { Cropper } from "./cropper.js";
import { DirectUploadError, sendDirect } from "./direct-upload.js";
import { DropZone } from "./drop-zone.js";
import { redirectTo, parseProblem } from "./http.js";

/** The upload form with progress and cancel. XMLHttpRequest, as fetch cannot tell how far it is. */

class UploadForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.saidQuarter = 0;
    this.cropper = new Cropper(/** @type {HTMLElement} */ (form.querySelector("[data-cropper]")));
    const zone = /** @type {HTMLElement} */ (form.querySelector("[data-drop]"));
    this.zone = new DropZone(zone, (bitmap, file) => this.show(bitmap, file));
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

  /**
   * @param {ImageBitmap | null} bitmap
   * @param {File | undefined} file
   */
  show(bitmap, file) {
    if (bitmap) void this.cropper.open(bitmap);
    else if (file) this.cropper.showFallback();
    else this.cropper.close();
  }

  /** @param {SubmitEvent} event */
  submit(event) {
    const file = this.zone.input.files?.[0];
    if (!file) return;
    event.preventDefault();
    if (this.request) return;
    const { direct } = this.form.dataset;
    if (direct && this.zone.input.accept.split(",").includes(file.type)) void this.sendDirect(direct, file);
    else this.sendForm();
  }

  /**
   * Straight to the object store, or by the form where that can't be.
   * @param {string} address
   * @param {File} file
   */
  async sendDirect(address, file) {
    const request = new AbortController();
    this.request = request;
    this.setSending(true);
    /** @param {ProgressEvent} progress */
    const onProgress = (progress) => this.showProgress(progress);
    const onSent = () => this.sent();
    try {
      redirectTo(await sendDirect(address, this.form, file, { onProgress, onSent, signal: request.signal }));
    } catch (trouble) {
      if (request.signal.aborted) return this.end("Cancelled. Your picture is as it was.");
      if (trouble instanceof DirectUploadError) return this.sendForm();
      this.end("");
      this.zone.refuse(/** @type {Error} */ (trouble).message);
    }
  }

  sendForm() {
    const request = new XMLHttpRequest();
    this.request = request;
    this.setSending(true);
    request.upload.addEventListener("progress", (progress) => this.showProgress(progress));
    request.upload.addEventListener("load", () => this.sent());
    request.addEventListener("load", () => this.receive(request));
    request.addEventListener("error", () =>
      this.end("The connection broke before the picture arrived. Please try again."),
    );
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
    this.part("amount").textContent = `${formatBytes(loaded)} of ${formatBytes(total)}`;
    const quarter = Math.floor(percent / 25) * 25;
    if (quarter !== this.saidQuarter) this.zone.say(`Uploading, ${quarter}%`); // not each step: it is read out
    this.saidQuarter = quarter;
  }

  /** From here on the picture is the server's, and nobody could say what a cancellation would still stop. */
  sent() {
    /** @type {HTMLButtonElement} */ (this.part("cancel")).disabled = true;
    this.zone.say("Uploaded. Checking the picture…");
  }

  /** @param {boolean} isSending */
  setSending(isSending) {
    this.part("sending").hidden = !isSending;
    /** @type {HTMLProgressElement} */ (this.part("progress")).value = 0;
    /** @type {HTMLButtonElement} */ (this.part("cancel")).disabled = false;
    this.part("amount").textContent = "";
    this.saidQuarter = 0;
    this.cropper.root.inert = isSending;
    this.form.setAttribute("aria-busy", String(isSending));
  }

  /** @param {string} sentence */
  end(sentence) {
    this.request = undefined;
    this.setSending(false);
    this.zone.say(sentence);
  }

  /** @param {XMLHttpRequest} request */
  receive({ status, response }) {
    if (status === 200 && response?.redirect) return redirectTo(response.redirect);
    this.end("");
    this.zone.refuse(parseProblem(status, response).message);
  }
}

for (const form of document.querySelectorAll("form[data-upload]"))
  if (form instanceof HTMLFormElement) new UploadForm(form);

// @ts-check
import { formatBytes } from "./amounts.js";
import { Cropper } from "./cropper.js";
import { DirectUploadError, sendDirect } from "./direct-upload.js";
import { findPart } from "./dom.js";
import { DropZone } from "./drop-zone.js";
import { parseProblem, redirectTo } from "./http.js";

/** The upload form with progress and a cancel button. Uses XMLHttpRequest, since fetch reports no upload progress. */

class UploadForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.announcedQuarter = 0;
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
    return findPart(this.form, name);
  }

  /**
   * @param {ImageBitmap | null} bitmap
   * @param {File | undefined} file
   */
  show(bitmap, file) {
    this.showProblem("");
    if (bitmap) void this.cropper.open(bitmap);
    else if (file) this.cropper.showFallback();
    else this.cropper.close();
  }

  /**
   * Upload with scripts, directly to the object store if the file type allows it.
   * @param {SubmitEvent} event
   */
  submit(event) {
    const file = this.zone.input.files?.[0];
    if (!file) return;
    event.preventDefault();
    if (this.request) return;
    if (file.size > this.zone.maxBytes) return this.showProblem(this.zone.statusLine.textContent ?? "");
    this.showProblem("");
    const { direct } = this.form.dataset;
    if (direct && this.zone.input.accept.split(",").includes(file.type)) void this.sendDirect(direct, file);
    else this.sendForm();
  }

  /**
   * Upload directly to the object store, or with the form if that fails.
   * @param {string} address
   * @param {File} file
   */
  async sendDirect(address, file) {
    const request = new AbortController();
    this.request = request;
    this.setSending(true);
    /** @param {ProgressEvent} progress */
    const onProgress = (progress) => this.showProgress(progress);
    const onSent = () => this.onSent();
    try {
      redirectTo(await sendDirect(address, this.form, file, { onProgress, onSent, signal: request.signal }));
    } catch (error) {
      if (request.signal.aborted) return this.end("Cancelled. Your picture is as it was.");
      if (error instanceof DirectUploadError) return this.sendForm();
      this.end(/** @type {Error} */ (error).message);
    }
  }

  sendForm() {
    const request = new XMLHttpRequest();
    this.request = request;
    this.setSending(true);
    request.upload.addEventListener("progress", (progress) => this.showProgress(progress));
    request.upload.addEventListener("load", () => this.onSent());
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
    if (quarter !== this.announcedQuarter) this.zone.setStatus(`Uploading, ${quarter}%`); // not each percent: screen readers announce it
    this.announcedQuarter = quarter;
  }

  /** Disable canceling: once the picture is sent, it would be unknown whether the server still uses it. */
  onSent() {
    /** @type {HTMLButtonElement} */ (this.part("cancel")).disabled = true;
    this.zone.setStatus("Uploaded. Checking the picture…");
  }

  /** @param {boolean} isSending */
  setSending(isSending) {
    this.part("sending").hidden = !isSending;
    /** @type {HTMLProgressElement} */ (this.part("progress")).value = 0;
    /** @type {HTMLButtonElement} */ (this.part("cancel")).disabled = false;
    this.part("amount").textContent = "";
    this.announcedQuarter = 0;
    this.cropper.root.inert = isSending;
    this.form.setAttribute("aria-busy", String(isSending));
  }

  /** @param {string} problem why the picture is not in use */
  end(problem) {
    this.request = undefined;
    this.setSending(false);
    this.zone.setStatus("");
    this.showProblem(problem);
  }

  /**
   * Say it beside the button, where the eyes and the focus are, and aloud.
   * @param {string} problem
   */
  showProblem(problem) {
    const place = this.part("problem");
    place.textContent = problem;
    if (problem) place.scrollIntoView({ block: "nearest" });
  }

  /**
   * Follow the redirect of the server or show its error.
   * @param {XMLHttpRequest} request
   */
  receive({ status, response }) {
    if (status === 200 && response?.redirect) return redirectTo(response.redirect);
    this.end(parseProblem(status, response).message);
  }
}

for (const form of document.querySelectorAll("form[data-upload]"))
  if (form instanceof HTMLFormElement) new UploadForm(form);

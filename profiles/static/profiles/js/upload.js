// @ts-check
import { formatBytes } from "./amounts.js";
import { Cropper } from "./cropper.js";
import { DirectUploadError, sendDirect } from "./direct-upload.js";
import { findPart } from "./dom.js";
import { DropZone } from "./drop-zone.js";
import { parseProblem, postForFile, redirectTo } from "./http.js";
import { gettext } from "./words.js";

/**
 * The upload form with progress and a cancel button. Uses XMLHttpRequest, since fetch reports no upload progress. Errors
 * stand beside the button. Markup: profiles/upload_form.html.
 */

class UploadForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.announcedQuarter = 0;
    this.cropper = new Cropper(/** @type {HTMLElement} */ (form.querySelector("[data-cropper]")));
    const zone = /** @type {HTMLElement} */ (form.querySelector("[data-drop]"));
    this.zone = new DropZone(zone, {
      show: (bitmap, file) => this.show(bitmap, file),
      refuse: (problem) => this.showProblem(problem),
    });
    this.part("cancel").addEventListener("click", () => this.request?.abort());
    form.addEventListener("submit", (event) => this.submit(event));
    form.closest("dialog")?.addEventListener("close", () => this.isCancelable() && this.request?.abort());
    const address = form.elements.namedItem("address");
    if (address instanceof HTMLInputElement) this.enableAddress(address);
  }

  /** @param {HTMLInputElement} field for the web address of a picture */
  enableAddress(field) {
    this.part("fetch").addEventListener("click", () => void this.fetchPicture(field));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      void this.fetchPicture(field);
    });
  }

  /**
   * Let the site fetch a picture of the web, and select it.
   * @param {HTMLInputElement} field
   */
  async fetchPicture(field) {
    const button = /** @type {HTMLButtonElement} */ (this.part("fetch"));
    const address = field.value.trim();
    if (!address || button.disabled) return field.focus();
    button.disabled = true;
    this.showProblem("");
    this.zone.setStatus(gettext("Getting the picture…"));
    try {
      const token = /** @type {HTMLInputElement} */ (this.form.elements.namedItem("csrfmiddlewaretoken")).value;
      this.zone.take(await postForFile(this.form.dataset.fetch ?? "", { address }, token));
      field.value = "";
    } catch (error) {
      this.zone.setStatus("");
      this.showProblem(/** @type {Error} */ (error).message);
      field.focus();
    }
    button.disabled = false;
  }

  isCancelable() {
    return !(/** @type {HTMLButtonElement} */ (this.part("cancel")).disabled);
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
    this.form.toggleAttribute("data-chosen", Boolean(file));
    if (bitmap && file) return void this.cropper.open(bitmap);
    bitmap?.close();
    if (file) this.cropper.showFallback();
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
    if (!this.zone.root.hasAttribute("data-chosen")) return; // it was refused, which the page says
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
      if (request.signal.aborted) return this.end(gettext("Cancelled. Your picture is as it was."));
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
      this.end(gettext("The connection broke before the picture arrived. Please try again.")),
    );
    request.addEventListener("abort", () => this.end(gettext("Cancelled. Your picture is as it was.")));
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
    this.part("amount").textContent = gettext("{sent} of {total}", {
      sent: formatBytes(loaded),
      total: formatBytes(total),
    });
    const quarter = Math.floor(percent / 25) * 25;
    if (quarter !== this.announcedQuarter) this.zone.setStatus(gettext("Uploading, {percent}%", { percent: quarter })); // not each percent: screen readers announce it
    this.announcedQuarter = quarter;
  }

  /** Disable canceling: once the picture is sent, it would be unknown whether the server still uses it. */
  onSent() {
    /** @type {HTMLButtonElement} */ (this.part("cancel")).disabled = true;
    this.zone.setStatus(gettext("Uploaded. Checking the picture…"));
  }

  /** @param {boolean} isSending */
  setSending(isSending) {
    this.part("sending").hidden = !isSending;
    /** @type {HTMLProgressElement} */ (this.part("progress")).value = 0;
    /** @type {HTMLButtonElement} */ (this.part("cancel")).disabled = false;
    this.part("amount").textContent = "";
    this.announcedQuarter = 0;
    this.part("submit").toggleAttribute("hidden", isSending);
    this.cropper.root.inert = isSending;
    if (isSending) this.part("cancel").focus({ preventScroll: true });
    this.form.setAttribute("aria-busy", String(isSending));
  }

  /** @param {string} problem why the picture is not in use */
  end(problem) {
    this.request = undefined;
    this.setSending(false);
    this.zone.setStatus("");
    this.showProblem(problem);
    this.part("submit").focus({ preventScroll: true });
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

/**
 * Enable the upload forms below `root`.
 * @param {ParentNode} root
 */
export function enableUploads(root) {
  for (const form of root.querySelectorAll("form[data-upload]"))
    if (form instanceof HTMLFormElement && form.dataset.enabled === undefined) {
      form.dataset.enabled = "";
      new UploadForm(form);
    }
}

enableUploads(document);

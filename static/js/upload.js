// @ts-check
import { enhance } from "./site.js";

/**
 * The upload form with drop, preview, progress and cancel. The server answers with the same page as for a plain form
 * post; its <main> takes the place of ours, so one answer serves people with and without JavaScript.
 */

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
    if (!file) return this.say("");
    if (file.size > this.maxBytes) return this.say(`${file.name} has ${megabytes(file.size)}. Pictures may have up to ${megabytes(this.maxBytes)}.`);
    try {
      const bitmap = await createImageBitmap(file);
      drawSquare(bitmap, canvas);
      canvas.hidden = false;
      this.say(`${file.name}, ${bitmap.width} × ${bitmap.height} pixels, ${megabytes(file.size)}. Ready to upload.`);
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
    request.setRequestHeader("Accept", "text/html");
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
  receive(request) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const answer = page.getElementById("main");
    const here = document.getElementById("main");
    if (!answer || !here || !answer.querySelector("[data-upload]")) return this.end(refusal(request.status));
    history.replaceState(null, "", request.responseURL);
    here.replaceWith(answer);
    refreshHeader(page);
    enhance(answer);
    enableUploads(answer);
    if (!answer.querySelector("[data-error-summary]")) answer.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }
}

/** @param {number} status */
function refusal(status) {
  if (status === 413) return "This file is too large for the site. Please choose a smaller one.";
  if (status === 429) return "That were many uploads in a short time. Wait a few minutes, then try again.";
  if (status === 403) return "This page has become too old to be trusted. Reload it, then try again.";
  return "Something went wrong on our side. Your picture is as it was; please try again.";
}

/**
 * The header shows the picture too.
 * @param {Document} page
 */
function refreshHeader(page) {
  const fresh = page.querySelector(".site-head .avatar");
  if (fresh) document.querySelector(".site-head .avatar")?.replaceWith(fresh);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
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

/** @param {ParentNode} root */
function enableUploads(root) {
  for (const form of root.querySelectorAll("form[data-upload]")) if (form instanceof HTMLFormElement) new UploadForm(form);
}

enableUploads(document);

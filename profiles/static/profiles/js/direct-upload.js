// @ts-check
import { Problem, parseProblem, postJson } from "./http.js";
import { gettext } from "./words.js";

/**
 * Upload of a picture directly to the object store, in three steps: request a ticket, post the file, confirm the
 * upload. After a failure before the last step the caller can still upload the same picture with the form.
 */

/** The object store cannot be used, for example because CORS hid its response. The form still works. */
export class DirectUploadError extends Error {}

/** Problems of the last step after which the form may still succeed, since it does not use the object store. */
const FALLBACK_PROBLEMS = new Set([
  "/problems/ticket-unknown",
  "/problems/nothing-arrived",
  "/problems/no-direct-upload",
]);

const CONNECTION_LOST = gettext(
  "The connection broke while the picture was checked. Reload this page to see whether it is in use.",
);

/** Status codes of the first step that the form would get too. */
const FINAL_STATUSES = new Set([422, 429]);

/**
 * @typedef {{ onProgress: (event: ProgressEvent) => void, onSent: () => void, signal: AbortSignal }} UploadHandlers
 */

/**
 * Upload a picture.
 * @param {string} address URL of the first step
 * @param {HTMLFormElement} form whose other fields describe the picture
 * @param {File} file
 * @param {UploadHandlers} handlers
 * @returns {Promise<string>} URL to redirect to
 * @throws {DirectUploadError} if the form should be used instead
 * @throws {Problem} if the server refused the picture
 * @throws {DOMException} AbortError, if `signal` was aborted
 */
export async function sendDirect(address, form, file, handlers) {
  const token = /** @type {HTMLInputElement} */ (form.elements.namedItem("csrfmiddlewaretoken")).value;
  const ticket = await requestTicket(address, file, token);
  handlers.signal.throwIfAborted();
  await postFile(ticket, file, handlers);
  handlers.onSent();
  return confirmUpload(ticket.done, form, token);
}

/**
 * Request permission to post exactly this file.
 * @param {string} address
 * @param {File} file
 * @param {string} token Django's CSRF token
 */
async function requestTicket(address, file, token) {
  return postJson(address, { byte_count: file.size, content_type: file.type }, token).catch((problem) => {
    if (FINAL_STATUSES.has(problem.status)) throw problem;
    throw new DirectUploadError(problem.message);
  });
}

/**
 * Post the file to the object store with XMLHttpRequest, since fetch reports no upload progress.
 * @param {{ url: string, fields: Record<string, string> }} ticket
 * @param {File} file
 * @param {UploadHandlers} handlers
 * @returns {Promise<void>}
 */
function postFile({ url, fields }, file, { onProgress, signal }) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = () => reject(new DirectUploadError(`The store answered ${request.status}.`));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.upload.addEventListener("progress", onProgress);
    request.addEventListener("load", () => (request.status < 300 ? resolve() : fail()));
    request.addEventListener("error", fail);
    request.addEventListener("abort", () => reject(signal.reason));
    request.open("POST", url);
    request.send(body);
  });
}

/**
 * Tell the server that the file is uploaded. Cannot be canceled, since it would be unknown whether the picture is in
 * use.
 * @param {string} address
 * @param {HTMLFormElement} form
 * @param {string} token
 */
async function confirmUpload(address, form, token) {
  const fields = new FormData(form);
  for (const name of ["content", "csrfmiddlewaretoken"]) fields.delete(name);
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  const answer = await fetch(address, { method: "POST", headers, body: fields, credentials: "same-origin" }).catch(
    () => {
      throw new Problem(0, "", CONNECTION_LOST);
    },
  );
  const body = await answer.json().catch(() => null);
  if (answer.ok && typeof body?.redirect === "string") return body.redirect;
  if (FALLBACK_PROBLEMS.has(body?.type)) throw new DirectUploadError(body.detail);
  throw parseProblem(answer.status, body);
}

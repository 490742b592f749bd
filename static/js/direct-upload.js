// @ts-check
import { Problem, postJson, parseProblem } from "./http.js";

/**
 * A picture straight to the object store, past our server's processes: leave to post, the post, and word that it is done.
 * Whatever goes wrong before the last step, the same picture can still go by the form.
 */

/** The store can't be used from here, e.g. its answer was kept from this page. The form can. */
export class DirectUploadError extends Error {}

/** What the last step may answer where the form, which needs no store in between, may still succeed. */
const FALLBACK_PROBLEMS = new Set([
  "/problems/ticket-unknown",
  "/problems/nothing-arrived",
  "/problems/no-direct-upload",
]);

const CONNECTION_LOST =
  "The connection broke while the picture was checked. Reload this page to see whether it is in use.";

/** Refusals of the first step that the form would repeat. */
const FINAL_STATUSES = new Set([422, 429]);

/**
 * @typedef {{ onProgress: (event: ProgressEvent) => void, onSent: () => void, signal: AbortSignal }} Watch
 */

/**
 * @param {string} address of the first call
 * @param {HTMLFormElement} form whose other fields describe the picture
 * @param {File} file
 * @param {Watch} watch
 * @returns {Promise<string>} where to go; rejects with DirectUploadError, a Problem, or an AbortError
 */
export async function sendDirect(address, form, file, watch) {
  const token = /** @type {HTMLInputElement} */ (form.elements.namedItem("csrfmiddlewaretoken")).value;
  const leave = await begin(address, file, token);
  watch.signal.throwIfAborted();
  await post(leave, file, watch);
  watch.onSent();
  return finish(leave.done, form, token);
}

/**
 * @param {string} address
 * @param {File} file
 * @param {string} token
 */
async function begin(address, file, token) {
  return postJson(address, { byte_count: file.size, content_type: file.type }, token).catch((problem) => {
    if (FINAL_STATUSES.has(problem.status)) throw problem;
    throw new DirectUploadError(problem.message);
  });
}

/**
 * XMLHttpRequest, as fetch can't tell how far it is.
 * @param {{ url: string, fields: Record<string, string> }} leave
 * @param {File} file
 * @param {Watch} watch
 * @returns {Promise<void>}
 */
function post({ url, fields }, file, { onProgress, signal }) {
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
 * Can't be cancelled: nobody could say then whether the picture is in use.
 * @param {string} address
 * @param {HTMLFormElement} form
 * @param {string} token
 */
async function finish(address, form, token) {
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

// @ts-check
import { UserFacingError } from "./user-facing-error.js";
import { gettext } from "./words.js";

/** JSON requests to this site. An error response becomes a Problem (RFC 9457), whose message is shown to the user. */

/** An error response. `status` 0 means that there was no response. */
export class Problem extends UserFacingError {
  /**
   * @param {number} status
   * @param {string} type such as `/problems/challenge-expired`, or ""
   * @param {string} message
   */
  constructor(status, type, message) {
    super(message);
    this.status = status;
    this.type = type;
  }

  /** Whether the same request may succeed later: no response, rate limit or server error. */
  get isRetryable() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const NO_ANSWER = gettext("This site did not answer. Check your connection, then try again.");
const FORBIDDEN = gettext("This page has become too old to be trusted. Reload it, then try again.");
const SERVER_ERROR = gettext("Something went wrong on our side. Please try again in a minute.");

/**
 * Build a Problem from an error response, with a default message if the body has none.
 * @param {number} status
 * @param {any} body parsed JSON, or null
 * @returns {Problem}
 */
export function parseProblem(status, body) {
  const detail = typeof body?.detail === "string" ? body.detail : typeof body?.title === "string" ? body.title : "";
  const fallback = status === 403 ? FORBIDDEN : SERVER_ERROR;
  return new Problem(status, typeof body?.type === "string" ? body.type : "", detail || fallback);
}

/**
 * Send a request and return the parsed body.
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<any>}
 * @throws {Problem}
 */
async function request(url, options) {
  const headers = { Accept: "application/json", ...options.headers };
  const response = await fetch(url, { ...options, headers, credentials: "same-origin" }).catch(() => {
    throw new Problem(0, "", NO_ANSWER);
  });
  const body = await response.json().catch(() => null);
  if (!response.ok || body === null) throw parseProblem(response.status, body);
  return body;
}

/**
 * Fetch JSON, bypassing the HTTP cache.
 * @param {string} url
 */
export function getJson(url) {
  return request(url, { cache: "no-store" });
}

/**
 * Post JSON and return the parsed response.
 * @param {string} url
 * @param {unknown} data
 * @param {string} token Django's CSRF token, from a hidden input of the page
 */
export function postJson(url, data, token) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  return request(url, { method: "POST", headers, body: JSON.stringify(data) });
}

/**
 * Post fields and return the file of the response, named after its address.
 * @param {string} url
 * @param {{ address: string }} fields
 * @param {string} token Django's CSRF token
 * @returns {Promise<File>}
 * @throws {Problem}
 */
export async function postForFile(url, fields, token) {
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  const options = { method: "POST", headers, body: new URLSearchParams(fields) };
  const response = await fetch(url, { ...options, credentials: "same-origin" }).catch(() => {
    throw new Problem(0, "", NO_ANSWER);
  });
  if (!response.ok) throw parseProblem(response.status, await response.json().catch(() => null));
  const content = await response.blob();
  const name = fields.address.split(/[?#]/)[0]?.split("/").at(-1) || "picture";
  return new File([content], name, { type: content.type });
}

/**
 * Go to the URL the server answered with. Another origin or no URL leads to the start page.
 * @param {unknown} target
 */
export function redirectTo(target) {
  const url = new URL(typeof target === "string" ? target : "/", location.href);
  location.assign(url.origin === location.origin ? url.href : "/");
}

// @ts-check
import { UserFacingError } from "./wallet-errors.js";

/** JSON to and from our own server, with its refusals (RFC 9457) turned into sentences. */

/** A refusal by the server. `status` 0 means that no answer came. */
export class Problem extends UserFacingError {
  /**
   * @param {number} status
   * @param {string} type such as `/problems/challenge-expired`, or ""
   * @param {string} sentence
   */
  constructor(status, type, sentence) {
    super(sentence);
    this.status = status;
    this.type = type;
  }

  /** Whether the very same call may work later: no answer, overload, or a fault of ours. */
  get isRetryable() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const NO_ANSWER = "This site did not answer. Check your connection, then try again.";
const FORBIDDEN = "This page has become too old to be trusted. Reload it, then try again.";
const SERVER_ERROR = "Something went wrong on our side. Please try again in a minute.";

/**
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
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<any>} the parsed body; rejects with a Problem
 */
async function call(url, options) {
  const headers = { Accept: "application/json", ...options.headers };
  const response = await fetch(url, { ...options, headers, credentials: "same-origin" }).catch(() => {
    throw new Problem(0, "", NO_ANSWER);
  });
  const body = await response.json().catch(() => null);
  if (!response.ok || body === null) throw parseProblem(response.status, body);
  return body;
}

/** @param {string} url */
export function getJson(url) {
  return call(url, { cache: "no-store" });
}

/**
 * @param {string} url
 * @param {unknown} data
 * @param {string} token Django's CSRF token, from a hidden input of the page
 */
export function postJson(url, data, token) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  return call(url, { method: "POST", headers, body: JSON.stringify(data) });
}

/**
 * Follows the server's redirect, but never off this site.
 * @param {unknown} target
 */
export function redirectTo(target) {
  const url = new URL(typeof target === "string" ? target : "/", location.href);
  location.assign(url.origin === location.origin ? url.href : "/");
}

// @ts-check
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Problem, parseProblem, postJson } from "../../profiles/static/profiles/js/http.js";

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

test("the message is the detail of the server's problem", () => {
  const problem = parseProblem(400, {
    type: "/problems/challenge-expired",
    title: "Too late",
    detail: "This text has expired.",
  });
  assert.equal(problem.message, "This text has expired.");
  assert.equal(problem.type, "/problems/challenge-expired");
});

test("responses without problem JSON get a default message", () => {
  assert.match(parseProblem(403, null).message, /too old/);
  assert.match(parseProblem(502, { detail: 7 }).message, /on our side/);
});

test("only no response, 429 and 5xx are retryable", () => {
  const again = [0, 429, 500, 503].map((status) => new Problem(status, "", "").isRetryable);
  const never = [400, 403, 404, 409, 413].map((status) => new Problem(status, "", "").isRetryable);
  assert.deepEqual([...new Set(again), ...new Set(never)], [true, false]);
});

test("a post sends the CSRF token and returns the parsed body", async () => {
  /** @type {any} */
  let sent;
  globalThis.fetch = async (url, options) => ((sent = { url, ...options }), Response.json({ redirect: "/" }));
  assert.deepEqual(await postJson("/verify/", { text: "ä" }, "token"), { redirect: "/" });
  assert.equal(sent.headers["X-CSRFToken"], "token");
  assert.equal(sent.credentials, "same-origin");
});

test("a broken connection is a retryable problem with advice", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(
    postJson("/x/", {}, ""),
    (error) => error instanceof Problem && error.isRetryable && /Check your connection/.test(error.message),
  );
});

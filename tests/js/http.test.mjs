// @ts-check
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Problem, postJson, parseProblem } from "../../static/js/http.js";

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

test("the server's own sentence is what people read", () => {
  const problem = parseProblem(400, {
    type: "/problems/challenge-expired",
    title: "Too late",
    detail: "This text has expired.",
  });
  assert.equal(problem.message, "This text has expired.");
  assert.equal(problem.type, "/problems/challenge-expired");
});

test("answers that are no problem JSON still give a sentence", () => {
  assert.match(parseProblem(403, null).message, /too old/);
  assert.match(parseProblem(502, { detail: 7 }).message, /on our side/);
});

test("only a missing answer, overload and faults of ours are worth the same call again", () => {
  const again = [0, 429, 500, 503].map((status) => new Problem(status, "", "").isRetryable);
  const never = [400, 403, 404, 409, 413].map((status) => new Problem(status, "", "").isRetryable);
  assert.deepEqual([...new Set(again), ...new Set(never)], [true, false]);
});

test("a post carries the token and comes back parsed", async () => {
  /** @type {any} */
  let sent;
  globalThis.fetch = async (url, options) => ((sent = { url, ...options }), Response.json({ redirect: "/" }));
  assert.deepEqual(await postJson("/verify/", { text: "ä" }, "token"), { redirect: "/" });
  assert.equal(sent.headers["X-CSRFToken"], "token");
  assert.equal(sent.credentials, "same-origin");
});

test("a broken connection is a problem with a way on", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(
    postJson("/x/", {}, ""),
    (error) => error instanceof Problem && error.isRetryable && /Check your connection/.test(error.message),
  );
});

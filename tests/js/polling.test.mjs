// @ts-check
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Poller, nextDelay, stepStates } from "../../profiles/static/profiles/js/polling.js";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

/** A page that can be hidden and shown. */
class Page extends EventTarget {
  hidden = false;

  /** @param {boolean} hidden */
  setHidden(hidden) {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

/**
 * Start a poller whose requests get `answers` in turn; an Error is a failed request. After the last answer it is done.
 * @param {(object | Error)[]} answers
 */
function startPoller(answers) {
  const page = new Page();
  /** @type {unknown[]} */
  const log = [];
  const request = async () => {
    const answer = answers.shift() ?? { done: true };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const poller = new Poller(
    request,
    (answer) => log.push(answer),
    (failures) => log.push(failures),
    /** @type {any} */ (page),
  );
  poller.start();
  /** @param {number} milliseconds */
  const tick = async (milliseconds) => {
    mock.timers.tick(milliseconds);
    await new Promise(setImmediate);
  };
  return { poller, page, log, tick };
}

test("a poller stops after an answer that is done", async () => {
  const { poller, log, tick } = startPoller([{ percent: 50 }, { done: true }, { percent: 100 }]);
  for (let second = 0; second < 5; second += 1) await tick(1000);
  assert.deepEqual(log, [{ percent: 50 }, { done: true }]);
  assert.equal(poller.requests, 2);
});

test("a poller that follows goes on slowly after an answer that is done", async () => {
  const { poller, log, tick } = startPoller([{ done: true }, { percent: 1 }]);
  poller.idleMs = 5000;
  await tick(1000);
  await tick(4999);
  assert.equal(poller.requests, 1);
  await tick(1);
  assert.deepEqual(log, [{ done: true }, { percent: 1 }]);
});

test("a failed request is reported and repeated later; an answer resets the count of failures", async () => {
  const { poller, log, tick } = startPoller([new Error("offline"), new Error("offline"), { percent: 1 }]);
  await tick(1000);
  await tick(1999);
  assert.deepEqual(log, [1]);
  await tick(1);
  assert.deepEqual(log, [1, 2]);
  await tick(4000);
  assert.deepEqual(log, [1, 2, { percent: 1 }]);
  assert.equal(poller.failures, 0);
});

test("an error in the handler counts as a failed request", async () => {
  const { poller, tick } = startPoller([{ percent: 1 }]);
  poller.onAnswer = () => Promise.reject(new Error("The page answered 500."));
  await tick(1000);
  assert.equal(poller.failures, 1);
});

test("nothing is requested while the page is hidden; showing it requests at once", async () => {
  const { poller, page, tick } = startPoller([{ percent: 1 }]);
  page.setHidden(true);
  await tick(60_000);
  assert.equal(poller.requests, 0);
  page.setHidden(false);
  await tick(0);
  assert.equal(poller.requests, 1);
});

test("requests are sent every second at first, then less often, but at least every five seconds", () => {
  assert.equal(nextDelay(0, 0), 1000);
  assert.equal(nextDelay(20, 0), 1000);
  assert.ok(nextDelay(25, 0) > 1000);
  assert.equal(nextDelay(500, 0), 5000);
});

test("the delay doubles after each failure, up to twenty seconds", () => {
  assert.deepEqual(
    [1, 2, 3].map((failures) => nextDelay(0, failures)),
    [2000, 4000, 8000],
  );
  assert.equal(nextDelay(0, 30), 20_000);
});

test("steps before the current one are done, steps after it are to do", () => {
  assert.deepEqual(stepStates(["owner", "metadata", "image"], "metadata"), ["done", "now", "todo"]);
  assert.deepEqual(stepStates(["owner", "metadata"], "unheard of"), ["todo", "todo"]);
});

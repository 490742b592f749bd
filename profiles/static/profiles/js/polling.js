// @ts-check
/** Repeated requests to this site until a job is done, and the states of the steps a page shows meanwhile. */

const FAST_MS = 1000;
const FAST_REQUESTS = 20;
const MAX_MS = 5000;
const MAX_AFTER_FAILURE_MS = 20_000;

/**
 * Return the delay before the next request: one second at first, longer after 20 requests or after failures.
 * @param {number} requests sent since the page was loaded
 * @param {number} failures consecutive failed requests
 * @returns {number} milliseconds
 */
export function nextDelay(requests, failures) {
  if (failures > 0) return Math.min(FAST_MS * 2 ** failures, MAX_AFTER_FAILURE_MS);
  return Math.min(FAST_MS * 1.25 ** Math.max(0, requests - FAST_REQUESTS), MAX_MS);
}

/**
 * Repeats a request until its answer has `done`. Sends nothing while the page is hidden, and a request at once when the
 * page is shown again.
 * @template {{done?: boolean}} Answer
 */
export class Poller {
  requests = 0;
  /** Consecutive failed requests. */
  failures = 0;
  isPaused = false;
  /** How long to wait before another request after an answer that has `done`; 0 sends none. */
  idleMs = 0;
  /** Whether nobody needs the answers any more, for example since their part of the page is gone. */
  isOver = () => false;

  /**
   * @param {() => Promise<Answer>} request
   * @param {(answer: Answer) => unknown} onAnswer may be async; an error it throws counts as a failed request
   * @param {(failures: number) => void} [onFailure]
   * @param {Pick<Document, "hidden" | "addEventListener">} [page]
   */
  constructor(request, onAnswer, onFailure = () => undefined, page = document) {
    this.request = request;
    this.onAnswer = onAnswer;
    this.onFailure = onFailure;
    this.page = page;
    page.addEventListener("visibilitychange", () => {
      if (!page.hidden && this.isPaused) this.schedule(0);
    });
  }

  start() {
    this.schedule();
  }

  /** @param {number} [delay] milliseconds */
  schedule(delay = nextDelay(this.requests, this.failures)) {
    this.isPaused = false;
    setTimeout(() => void this.poll(), delay);
  }

  async poll() {
    if (this.page.hidden) {
      this.isPaused = true;
      return;
    }
    if (this.isOver()) return;
    this.requests += 1;
    try {
      const answer = await this.request();
      this.failures = 0;
      await this.onAnswer(answer);
      if (answer.done && !this.idleMs) return;
      if (answer.done) return this.schedule(this.idleMs);
    } catch (error) {
      this.failures += 1;
      console.info("Polling failed:", error);
      this.onFailure(this.failures);
    }
    this.schedule();
  }
}

/**
 * Return the state of each step, given the key of the current one. An unknown key leaves all of them to do.
 * @param {string[]} keys in order
 * @param {string} current
 * @returns {("done" | "now" | "todo")[]}
 */
export function stepStates(keys, current) {
  const index = keys.indexOf(current);
  return keys.map((_, position) => (position < index ? "done" : position === index ? "now" : "todo"));
}

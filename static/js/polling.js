// @ts-check
/** When to ask again: every second while something is likely to happen, slower the longer it lasts or fails. */

const EAGER_MS = 1000;
const EAGER_ASKS = 20;
const SLOWEST_MS = 5000;
const SLOWEST_AFTER_FAILURE_MS = 20_000;

/**
 * @param {number} asked how often we asked since the page came
 * @param {number} failures how often in a row no answer came
 * @returns {number} milliseconds
 */
export function nextDelay(asked, failures) {
  if (failures > 0) return Math.min(EAGER_MS * 2 ** failures, SLOWEST_AFTER_FAILURE_MS);
  return Math.min(EAGER_MS * 1.25 ** Math.max(0, asked - EAGER_ASKS), SLOWEST_MS);
}

/**
 * States of steps by the key of the one now at work.
 * @param {string[]} keys in order
 * @param {string} now
 * @returns {("done" | "now" | "todo")[]}
 */
export function stepStates(keys, now) {
  const index = keys.indexOf(now);
  return keys.map((_, position) => (position < index ? "done" : position === index ? "now" : "todo"));
}

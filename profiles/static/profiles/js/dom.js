// @ts-check
/** Helpers for building and finding elements. */

/**
 * Create an element with text.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} text
 * @param {string} [className]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function createElement(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

/**
 * Return the element with `data-part="name"` below `root`.
 * @param {HTMLElement} root
 * @param {string} name
 * @returns {HTMLElement}
 * @throws {Error} if the markup lacks it
 */
export function findPart(root, name) {
  const part = root.querySelector(`[data-part="${name}"]`);
  if (!(part instanceof HTMLElement)) throw new Error(`There is no data-part="${name}".`);
  return part;
}

// @ts-check
/** Keyboard navigation in a grid of cards. */

/**
 * Return the index of the card an arrow key, Home or End leads to from the card at `index`.
 * @param {{left: number, top: number}[]} positions of all cards, in document order
 * @param {number} index
 * @param {string} key
 * @returns {number | null} null for any other key, and where there is no card in that direction
 */
export function adjacentCard(positions, index, key) {
  const from = positions[index];
  if (!from) return null;
  if (key === "ArrowRight") return index + 1 < positions.length ? index + 1 : null;
  if (key === "ArrowLeft") return index > 0 ? index - 1 : null;
  if (key === "Home") return 0;
  if (key === "End") return positions.length - 1;
  if (key !== "ArrowDown" && key !== "ArrowUp") return null;
  const step = key === "ArrowDown" ? 1 : -1;
  for (let next = index + step; next >= 0 && next < positions.length; next += step) {
    const to = positions[next];
    if (to && Math.abs(to.left - from.left) < 1 && Math.abs(to.top - from.top) > 1) return next;
  }
  return null;
}

// @ts-check
/** Which card of a grid an arrow key leads to. */

/**
 * @param {{left: number, top: number}[]} places of all cards, in their order
 * @param {number} here
 * @param {string} key
 * @returns {number | null} null where the key leads nowhere
 */
export function adjacentCard(places, here, key) {
  const from = places[here];
  if (!from) return null;
  if (key === "ArrowRight") return here + 1 < places.length ? here + 1 : null;
  if (key === "ArrowLeft") return here > 0 ? here - 1 : null;
  if (key === "Home") return 0;
  if (key === "End") return places.length - 1;
  if (key !== "ArrowDown" && key !== "ArrowUp") return null;
  const step = key === "ArrowDown" ? 1 : -1;
  for (let place = here + step; place >= 0 && place < places.length; place += step) {
    const to = places[place];
    if (to && Math.abs(to.left - from.left) < 1 && Math.abs(to.top - from.top) > 1) return place;
  }
  return null;
}

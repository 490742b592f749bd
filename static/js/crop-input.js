// @ts-check
/**
 * Pointers, mouse, wheel and keys on the picture, as moves and zooms: everything is told in sides of the frame.
 *
 * @typedef {{
 *   move: (right: number, down: number) => void,
 *   zoom: (factor: number, at?: { x: number, y: number }) => void,
 *   reset: () => void,
 * }} Moves
 */

/** The frame's side as a share of the stage's; css/crop.css draws the same. */
export const FRAME = 0.8;

const STEP = 0.02;
const BIG_STEP = 0.2;
const ZOOM_STEP = 1.1;
const WHEEL_SPEED = 0.002;

/** @type {Record<string, [number, number]>} where the picture goes */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {HTMLElement} stage
 * @param {Moves} moves
 */
export function listen(stage, moves) {
  stage.addEventListener("keydown", (event) => onKey(event, moves));
  stage.addEventListener("wheel", (event) => onWheel(event, stage, moves), { passive: false });
  new Pointers(stage, moves);
}

/**
 * @param {KeyboardEvent} event
 * @param {Moves} moves
 */
function onKey(event, { move, zoom, reset }) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = event.shiftKey ? BIG_STEP : STEP;
  const arrow = ARROWS[event.key];
  if (arrow) move(arrow[0] * step, arrow[1] * step);
  else if (event.key === "+" || event.key === "=") zoom(ZOOM_STEP);
  else if (event.key === "-" || event.key === "_") zoom(1 / ZOOM_STEP);
  else if (event.key === "0" || event.key === "Home") reset();
  else return;
  event.preventDefault();
}

/**
 * Only where the picture was chosen before, by a click or key, or by the pinch of a trackpad: else the page scrolls.
 * @param {WheelEvent} event
 * @param {HTMLElement} stage
 * @param {Moves} moves
 */
function onWheel(event, stage, { zoom }) {
  if (document.activeElement !== stage && !event.ctrlKey) return;
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 30);
  zoom(Math.exp(-pixels * WHEEL_SPEED * (event.ctrlKey ? 5 : 1)), toFrame(event, stage));
}

/**
 * @param {{ clientX: number, clientY: number }} point
 * @param {HTMLElement} stage
 */
function toFrame({ clientX, clientY }, stage) {
  const { left, top, width } = stage.getBoundingClientRect();
  const margin = (1 - FRAME) / 2;
  return { x: ((clientX - left) / width - margin) / FRAME, y: ((clientY - top) / width - margin) / FRAME };
}

/** One finger moves, two zoom and move. */
class Pointers {
  /** @type {Map<number, { x: number, y: number }>} where each is, in sides of the frame */
  down = new Map();

  /**
   * @param {HTMLElement} stage
   * @param {Moves} moves
   */
  constructor(stage, moves) {
    this.stage = stage;
    this.moves = moves;
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(end, (event) => this.down.delete(/** @type {PointerEvent} */ (event).pointerId));
    }
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0 || this.down.size === 2) return;
    this.stage.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, toFrame(event, this.stage));
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (!this.down.has(event.pointerId)) return;
    const before = this.span();
    this.down.set(event.pointerId, toFrame(event, this.stage));
    const after = this.span();
    this.moves.move(after.x - before.x, after.y - before.y);
    if (before.length > 0 && after.length > 0) this.moves.zoom(after.length / before.length, after);
  }

  /** The middle of the fingers, and how far they stand apart. */
  span() {
    const places = [...this.down.values()];
    const [first = { x: 0, y: 0 }] = places;
    const last = places.at(-1) ?? first;
    const length = Math.hypot(last.x - first.x, last.y - first.y);
    return { x: (first.x + last.x) / 2, y: (first.y + last.y) / 2, length };
  }
}

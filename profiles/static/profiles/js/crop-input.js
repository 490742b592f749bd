// @ts-check
/**
 * Touch, mouse, wheel and keyboard input of the cropper. Distances are in units of the frame's side.
 *
 * @typedef {{
 *   move: (right: number, down: number) => void,
 *   zoom: (factor: number, at?: { x: number, y: number }) => void,
 *   reset: () => void,
 * }} CropActions
 */

/** The frame's side as a fraction of the stage's. css/crop.css has the same value. */
export const FRAME_SHARE = 0.8;

const STEP = 0.02;
const BIG_STEP = 0.2;
const ZOOM_STEP = 1.1;
const WHEEL_SPEED = 0.002;

/** @type {Record<string, [number, number]>} the direction in which the picture moves */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Call `actions` for all input on the stage.
 * @param {HTMLElement} stage
 * @param {CropActions} actions
 */
export function addCropControls(stage, actions) {
  stage.addEventListener("keydown", (event) => onKey(event, actions));
  stage.addEventListener("wheel", (event) => onWheel(event, stage, actions), { passive: false });
  new Pointers(stage, actions);
}

/**
 * Move, zoom or reset by keyboard.
 * @param {KeyboardEvent} event
 * @param {CropActions} actions
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
 * Zoom by the wheel if the stage has the focus, or by a trackpad pinch (which sets `ctrlKey`). Otherwise the page
 * scrolls.
 * @param {WheelEvent} event
 * @param {HTMLElement} stage
 * @param {CropActions} actions
 */
function onWheel(event, stage, { zoom }) {
  if (document.activeElement !== stage && !event.ctrlKey) return;
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 30);
  zoom(Math.exp(-pixels * WHEEL_SPEED * (event.ctrlKey ? 5 : 1)), toFrameCoordinates(event, stage));
}

/**
 * Convert a point of the window to coordinates of the frame, 0 to 1 inside it.
 * @param {{ clientX: number, clientY: number }} point
 * @param {HTMLElement} stage
 */
function toFrameCoordinates({ clientX, clientY }, stage) {
  const { left, top, width } = stage.getBoundingClientRect();
  const margin = (1 - FRAME_SHARE) / 2;
  return { x: ((clientX - left) / width - margin) / FRAME_SHARE, y: ((clientY - top) / width - margin) / FRAME_SHARE };
}

/** Moves the picture with one pointer; moves and zooms it with two. */
class Pointers {
  /** @type {Map<number, { x: number, y: number }>} positions of the pressed pointers, in frame coordinates */
  pressed = new Map();

  /**
   * @param {HTMLElement} stage
   * @param {CropActions} actions
   */
  constructor(stage, actions) {
    this.stage = stage;
    this.actions = actions;
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(end, (event) => this.pressed.delete(/** @type {PointerEvent} */ (event).pointerId));
    }
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0 || this.pressed.size === 2) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pressed.set(event.pointerId, toFrameCoordinates(event, this.stage));
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (!this.pressed.has(event.pointerId)) return;
    const before = this.span();
    this.pressed.set(event.pointerId, toFrameCoordinates(event, this.stage));
    const after = this.span();
    this.actions.move(after.x - before.x, after.y - before.y);
    if (before.length > 0 && after.length > 0) this.actions.zoom(after.length / before.length, after);
  }

  /** Return the center of the pointers and the distance between them. */
  span() {
    const positions = [...this.pressed.values()];
    const [first = { x: 0, y: 0 }] = positions;
    const last = positions.at(-1) ?? first;
    const length = Math.hypot(last.x - first.x, last.y - first.y);
    return { x: (first.x + last.x) / 2, y: (first.y + last.y) / 2, length };
  }
}

// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DEFAULT_CROP,
  addQuarter,
  cropToSlider,
  cropToSquare,
  describeCrop,
  firstCrop,
  minSize,
  moveCrop,
  resizeCrop,
  shrinking,
  sliderToSize,
  turnCrop,
  unturn,
} from "../../profiles/static/profiles/js/crop-geometry.js";

const WIDE = { width: 3000, height: 2000 };
const TALL = { width: 2000, height: 3000 };
const TINY = { width: 40, height: 30 };

/** Return a generator of reproducible pseudo-random numbers from 0 to 1. */
function numbers(seed = 7) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** @param {{ x: number, y: number, size: number }} crop */
const rounded = ({ x, y, size }) => [x, y, size].map((value) => Number(value.toFixed(6)));

test("the default crop is the largest square in the center", () => {
  assert.deepEqual(cropToSquare(DEFAULT_CROP, WIDE), { left: 500, top: 0, side: 2000 });
  assert.deepEqual(cropToSquare(DEFAULT_CROP, TALL), { left: 0, top: 500, side: 2000 });
  assert.deepEqual(rounded(moveCrop(DEFAULT_CROP, WIDE, 0, 0)), [0.5, 0.5, 1]);
});

test("dragging the picture to the right moves the square to the left", () => {
  assert.equal(cropToSquare(moveCrop(DEFAULT_CROP, WIDE, 0.1, 0), WIDE).left, 300);
  assert.equal(cropToSquare(moveCrop(DEFAULT_CROP, TALL, 0, -0.1), TALL).top, 700);
});

test("dragging stops at the edge of the picture, and dragging back takes effect at once", () => {
  const end = moveCrop(DEFAULT_CROP, WIDE, 100, 100);
  assert.deepEqual(cropToSquare(end, WIDE), { left: 0, top: 0, side: 2000 });
  assert.ok(cropToSquare(moveCrop(end, WIDE, -0.1, 0), WIDE).left > 0);
});

test("zooming keeps the given point in place", () => {
  const at = { x: 0.25, y: 0.75 };
  const before = cropToSquare(resizeCrop(DEFAULT_CROP, WIDE, 0.8), WIDE);
  const after = cropToSquare(resizeCrop(resizeCrop(DEFAULT_CROP, WIDE, 0.8), WIDE, 0.4, at), WIDE);
  assert.ok(Math.abs(after.left + at.x * after.side - before.left - at.x * before.side) < 1e-6);
  assert.ok(Math.abs(after.top + at.y * after.side - before.top - at.y * before.side) < 1e-6);
});

test("zooming out at an edge shifts the square inside", () => {
  const corner = moveCrop(resizeCrop(DEFAULT_CROP, WIDE, 0.25), WIDE, -100, -100);
  assert.deepEqual(cropToSquare(resizeCrop(corner, WIDE, 1), WIDE), { left: 1000, top: 0, side: 2000 });
});

test("zoom ends at 8 times, or earlier at 64 pixels", () => {
  assert.equal(minSize(WIDE), 1 / 8);
  assert.equal(minSize({ width: 128, height: 400 }), 0.5);
  assert.equal(minSize(TINY), 1);
  assert.equal(resizeCrop(DEFAULT_CROP, TINY, 0.1).size, 1);
});

test("slider position and crop size convert to each other", () => {
  for (const slider of [0, 0.3, 1]) {
    const crop = resizeCrop(DEFAULT_CROP, WIDE, sliderToSize(slider, WIDE));
    assert.ok(Math.abs(cropToSlider(crop, WIDE) - slider) < 1e-9);
  }
  assert.equal(cropToSlider(DEFAULT_CROP, TINY), 0);
});

test("after any moves and zooms the square is inside the picture and its values are from 0 to 1", () => {
  const next = numbers();
  for (let round = 0; round < 300; round += 1) {
    const size = { width: 1 + Math.floor(next() * 8000), height: 1 + Math.floor(next() * 8000) };
    let crop = { ...DEFAULT_CROP };
    for (let step = 0; step < 6; step += 1) {
      crop = moveCrop(crop, size, next() * 4 - 2, next() * 4 - 2);
      crop = resizeCrop(crop, size, next() * 1.5, { x: next(), y: next() });
      const { left, top, side } = cropToSquare(crop, size);
      assert.ok(left >= 0 && top >= 0 && side > 0);
      assert.ok(left + side <= size.width + 1e-6 && top + side <= size.height + 1e-6);
      for (const value of rounded(crop)) assert.ok(value >= 0 && value <= 1);
      assert.ok(Number(rounded(crop)[2]) > 0);
    }
  }
});

test("the description has the zoom and the position", () => {
  assert.equal(
    describeCrop(DEFAULT_CROP, WIDE),
    "Zoomed 1.0 times. Shown: 17 to 83% from the left, 0 to 100% from the top.",
  );
});

test("the first crop is the middle of a wide picture and the upper third of a tall one", () => {
  assert.deepEqual(rounded(firstCrop(WIDE)), [0.5, 0.5, 1]);
  assert.deepEqual(cropToSquare(firstCrop(TALL), TALL), { left: 0, top: 0, side: 2000 });
  const story = { width: 1080, height: 1920 };
  assert.deepEqual(cropToSquare(firstCrop(story), story), { left: 0, top: 100, side: 1080 });
});

test("a square that is turned four times, or there and back, is where it was", () => {
  const crop = { x: 0.3, y: 0.6, size: 0.4 };
  assert.deepEqual(rounded(turnCrop(crop, 1)), [0.4, 0.3, 0.4]);
  assert.deepEqual(rounded(turnCrop(turnCrop(crop, 1), -1)), rounded(crop));
  assert.deepEqual(rounded([1, 1, 1, 1].reduce((turned) => turnCrop(turned, 1), crop)), rounded(crop));
});

test("a mirrored picture is turned as it is seen", () => {
  assert.deepEqual(addQuarter({ quarters: 3, isMirrored: false }, 1), { quarters: 0, isMirrored: false });
  assert.deepEqual(addQuarter({ quarters: 0, isMirrored: true }, 1), { quarters: 3, isMirrored: true });
  assert.deepEqual(addQuarter({ quarters: 0, isMirrored: true }, -1), { quarters: 1, isMirrored: true });
});

test("a straightened frame is the largest square turned within its crop, and drags follow the pointer", () => {
  assert.equal(shrinking(0), 1);
  assert.deepEqual(unturn(0.3, -0.2, 0), { x: 0.3, y: -0.2 });
  for (const angle of [-15, -4, 7.5, 15]) {
    const corner = unturn(0.5, 0.5, angle);
    assert.ok(Math.abs(Math.max(Math.abs(corner.x), Math.abs(corner.y)) - 0.5) < 1e-9, "a corner lies on the edge");
    const { x, y } = unturn(1, 0, angle);
    const degrees = (Math.atan2(-y, x) * 180) / Math.PI;
    assert.ok(Math.abs(degrees - angle) < 1e-9);
    assert.ok(Math.abs(Math.hypot(x, y) - 1 / shrinking(angle)) < 1e-9);
  }
});

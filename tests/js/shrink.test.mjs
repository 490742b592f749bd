import assert from "node:assert/strict";
import { test } from "node:test";
import { copySize, isTooLarge } from "../../profiles/static/profiles/js/shrink.js";

test("a picture within the limits is sent as it is", () => {
  assert.equal(isTooLarge({ width: 8064, height: 6048 }, 12e6, 20e6), false);
});

test("a picture with too many bytes or pixels is sent as a copy", () => {
  assert.equal(isTooLarge({ width: 100, height: 100 }, 21e6, 20e6), true);
  assert.equal(isTooLarge({ width: 12_000, height: 9000 }, 12e6, 20e6), true);
});

test("a copy keeps the shape and is never larger", () => {
  assert.deepEqual(copySize({ width: 12_000, height: 9000 }), { width: 4096, height: 3072 });
  assert.deepEqual(copySize({ width: 900, height: 12_000 }), { width: 307, height: 4096 });
  assert.deepEqual(copySize({ width: 100, height: 80 }), { width: 100, height: 80 });
  assert.deepEqual(copySize({ width: 100_000, height: 1 }), { width: 4096, height: 1 });
});

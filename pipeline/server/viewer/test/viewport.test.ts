// The viewport of the ion image.

import assert from "node:assert/strict";
import { test } from "node:test";

import { lengthOf } from "../src/format.ts";
import { fit, moved, scaleBar, toImage, toScreen, zoomAt } from "../src/image/viewport.ts";

const image = { width: 100, height: 50 };
const screen = { width: 424, height: 424 };

test("the whole image is seen in the middle", () => {
  const view = fit(image, screen);
  assert.deepEqual(view, { zoom: 4, left: 12, top: 112 });
  assert.deepEqual(toImage(view, ...toScreen(view, 7, 9)), [7, 9]);
});

test("zooming keeps what is under the pointer", () => {
  const view = fit(image, screen);
  const before = toImage(view, 200, 200);
  const after = toImage(zoomAt(view, 3, 200, 200, image, screen), 200, 200);
  assert.ok(Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-9);
  assert.equal(zoomAt(view, 1e9, 0, 0, image, screen).zoom, 96);
  assert.equal(zoomAt(view, 1e-9, 0, 0, image, screen).zoom, 1);
});

test("the image cannot be lost", () => {
  const far = moved(fit(image, screen), 1e6, -1e6, image, screen);
  assert.equal(far.left, screen.width - 24);
  assert.equal(far.top, 24 - 200);
});

test("a scale bar is round and fits", () => {
  assert.deepEqual(scaleBar(50, 4, 150), { um: 1000, points: 80 });
  assert.deepEqual(scaleBar(10, 10, 25), { um: 20, points: 20 });
  assert.equal(lengthOf(1000), "1 mm");
});

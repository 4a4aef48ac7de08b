// The viewport of the ion image.

import assert from "node:assert/strict";
import { test } from "node:test";

import { lengthOf } from "../src/format.ts";
import {
  fit,
  imageSize,
  moved,
  scaleBar,
  toImage,
  toScreen,
  zoomAt,
} from "../src/image/viewport.ts";

const image = imageSize({ width: 100, height: 50 });
const screen = { width: 424, height: 424 };

test("the whole image is seen in the middle", () => {
  const view = fit(image, screen);
  assert.deepEqual(view, { zoom: 4, stretch: 1, left: 12, top: 112 });
  assert.deepEqual(toImage(view, ...toScreen(view, 7, 9)), [7, 9]);
});

test("pixels that are not square have their shape", () => {
  const tall = imageSize({ width: 100, height: 50, pixelSizeUm: [20, 50] });
  assert.equal(tall.stretch, 2.5);
  const view = fit(tall, screen);
  assert.deepEqual(view, { zoom: 3.2, stretch: 2.5, left: 52, top: 12 });
  assert.deepEqual(toScreen(view, 100, 50), [372, 412]);
  const [x, y] = toImage(zoomAt(view, 3, 212, 212, tall, screen), 212, 212);
  assert.ok(Math.hypot(x - 50, y - 25) < 1e-9);
  assert.equal(imageSize({ width: 1, height: 1, pixelSizeUm: [20, 20.3] }).stretch, 1);
  assert.equal(imageSize({ width: 1, height: 1, pixelSizeUm: null }).stretch, 1);
  assert.equal(imageSize(undefined).stretch, 1);
});

test("one of several planes is seen in the middle and cannot be lost", () => {
  const planes = [
    { top: 0, height: 50 },
    { top: 53, height: 50 },
  ];
  const second = imageSize({ width: 100, height: 103, planes }, 2);
  assert.deepEqual([second.from, second.to], [53, 103]);
  const view = fit(second, screen);
  assert.deepEqual(toScreen(view, 0, 53), [12, 112]);
  assert.deepEqual(toScreen(view, 100, 103), [412, 312]);
  const far = moved(view, 0, 1e6, second, screen);
  assert.equal(toScreen(far, 0, 53)[1], screen.height - 24);
  assert.equal(imageSize({ width: 100, height: 103, planes }).to, 103);
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

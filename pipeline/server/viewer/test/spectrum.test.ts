// Peaks and axes of a spectrum.

import assert from "node:assert/strict";
import { test } from "node:test";

import { firstFrom, highest, nearest } from "../src/panel/peaks.ts";
import { ticks } from "../src/panel/ticks.ts";

test("of many peaks the highest of each column is seen", () => {
  const peaks = { mz: [100, 100.1, 200, 300], intensity: [1, 5, 2, 9] };
  assert.deepEqual(highest(peaks, 100, 250, 10), [1, 2]);
  assert.equal(firstFrom(peaks.mz, 100.05), 1);
  assert.equal(nearest(peaks, 199, 2), 2);
  assert.equal(nearest(peaks, 150, 2), undefined);
});

test("ticks are round", () => {
  assert.deepEqual(ticks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(100.2, 100.9, 3), [100.5]);
  assert.deepEqual(ticks(5, 5, 3), [5]);
});

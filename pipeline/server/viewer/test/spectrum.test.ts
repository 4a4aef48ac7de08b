// Peaks and axes of a spectrum.

import assert from "node:assert/strict";
import { test } from "node:test";

import { firstFrom } from "../src/spectrum/peaks.ts";
import { peaksWithin } from "../src/spectrum/plot.ts";
import { ticks } from "../src/spectrum/ticks.ts";
import { searchedMz, withinSearch } from "../src/table/mz-search.ts";

test("of many peaks the highest of each column is seen", () => {
  const mzs = [100, 100.1, 200, 300];
  const peaks = mzs.map((mz, i) => ({ mz, intensity: [1, 5, 2, 9][i] ?? 0 }));
  assert.deepEqual(
    peaksWithin(peaks, 100, 250, 10).map((peak) => peak.mz),
    [100.1, 200],
  );
  assert.equal(firstFrom(mzs, 100.05), 1);
});

test("ticks are round", () => {
  assert.deepEqual(ticks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(100.2, 100.9, 3), [100.5]);
  assert.deepEqual(ticks(5, 5, 3), [5]);
});

test("a number is an m/z, as near as its digits say or its window is wide", () => {
  assert.equal(searchedMz("PI 38:4", 3), undefined);
  assert.equal(searchedMz("38", 3), undefined);
  assert.deepEqual(searchedMz(" 885,55 ", 3), { mz: 885.55, within: 0.005 });
  assert.equal(searchedMz("885.54990", 3)?.within.toFixed(6), "0.002657");
  assert.equal(searchedMz("885", 3)?.within, 0.5);
  const rows = [{ mz: 885.5499 }, { mz: 886 }] as Parameters<typeof withinSearch>[1];
  assert.equal(withinSearch({ mz: 885.55, within: 0.005 }, rows).length, 1);
});

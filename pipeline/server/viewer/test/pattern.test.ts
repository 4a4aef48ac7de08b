// The isotopic pattern.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Annotation } from "../src/api.ts";
import { patternOf } from "../src/panel/pattern.ts";

test("a pattern has the shares of the image sums", () => {
  const row = {
    isotopeMz: [500, 501, 502, 0],
    isotopeIntensity: [100, 40, 8, 0],
    isotopeTotalIntensity: [2e6, 1e6, 0, 0],
    isotopeMzMean: [500.0005, 501, 502, 0],
  } as Annotation;
  const peaks = patternOf(row);
  assert.deepEqual(
    peaks.map(({ theory, observed }) => [theory, observed]),
    [
      [100, 100],
      [40, 50],
      [8, 0],
    ],
  );
  assert.ok(Math.abs((peaks[0]?.errorPpm ?? 0) - 1) < 1e-6);
  assert.equal(peaks[2]?.errorPpm, undefined);
});

// How an ion fits: correlation of isotopes, and colours of m/z errors.

import assert from "node:assert/strict";
import { test } from "node:test";

import { correlation } from "../src/panel/correlation.ts";
import { errorColor } from "../src/panel/mz-errors.ts";

test("the correlation counts pixels without a signal as 0", () => {
  const a = new Map([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
  const half = new Map([...a].map(([place, value]): [number, number] => [place, value / 2]));
  assert.ok(Math.abs((correlation(a, half, 5) ?? 0) - 1) < 1e-12);
  // By hand: 1, 2, 3, 0, 0 and 0, 0, 3, 2, 1.
  const other = new Map([
    [2, 3],
    [3, 2],
    [4, 1],
  ]);
  const found = correlation(a, other, 5) ?? 0;
  const expected = (9 / 5 - 1.2 * 1.2) / (14 / 5 - 1.2 * 1.2);
  assert.ok(Math.abs(found - expected) < 1e-12, `${found}`);
  assert.equal(correlation(a, new Map(), 5), undefined);
});

test("errors are blue below, white at, and red above the m/z", () => {
  assert.deepEqual(errorColor(0), [247, 247, 247]);
  assert.deepEqual(errorColor(-1), [33, 102, 172]);
  assert.deepEqual(errorColor(9), errorColor(1));
});

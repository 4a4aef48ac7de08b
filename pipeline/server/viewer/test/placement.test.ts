// Where an optical image lies, and how it is moved.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  type Placement,
  type Point,
  apply,
  corners,
  inverse,
  moved,
  ofPairs,
  turned,
} from "../src/optical/placement.ts";

const PLACEMENT: Placement = [0.1, 0.02, -0.03, 0.08, 5, 7];

function near(found: Point | undefined, wanted: Point): void {
  assert.ok(
    found && Math.hypot(found[0] - wanted[0], found[1] - wanted[1]) < 1e-9,
    `${found} ${wanted}`,
  );
}

test("points go there and back", () => {
  near(inverse(PLACEMENT, apply(PLACEMENT, [123, 45])), [123, 45]);
  near(apply(moved(PLACEMENT, 2, -1), [0, 0]), [7, 6]);
  assert.equal(corners(PLACEMENT, 10, 20).length, 4);
});

test("a corner that is dragged turns and scales the picture around the other", () => {
  // Pixels twice as high as wide: one row is as long as two columns.
  for (const stretch of [1, 2]) {
    const square: Placement = [1, 0, 0, 1 / stretch, 0, 0];
    const found = turned(square, [0, 0], [4, 4 / stretch], [-4, 4 / stretch], stretch);
    near(apply(found, [0, 0]), [0, 0]);
    near(apply(found, [4, 4]), [-4, 4 / stretch]);
    // A quarter turn to the left of the screen: what was to the right is below.
    near(apply(found, [4, 0]), [0, 4 / stretch]);
  }
  assert.deepEqual(turned(PLACEMENT, [1, 1], [1, 1], [2, 2], 1), PLACEMENT);
});

test("pairs of points place the picture, the more the better", () => {
  const wanted: Placement = [0.2, -0.01, 0.04, 0.15, -3, 2];
  const points: Point[] = [
    [10, 20],
    [400, 30],
    [50, 300],
  ];
  const pairs = points.map((optical) => ({ optical, ion: apply(wanted, optical) }));
  for (const n of [1, 2, 3]) {
    const found = ofPairs(PLACEMENT, pairs.slice(0, n), 1.5);
    assert.ok(found);
    for (const { optical, ion } of pairs.slice(0, n)) near(apply(found, optical), ion);
  }
  const line = [0, 1, 2].map((at) => ({ optical: [at, at] as Point, ion: [at, 0] as Point }));
  assert.equal(ofPairs(PLACEMENT, line, 1), undefined);
});

// Drawn regions, and tables as CSV.

import assert from "node:assert/strict";
import { test } from "node:test";

import { csv } from "../src/csv.ts";
import { pixelsOf, regionCsv } from "../src/image/region.ts";

test("a polygon holds the pixels whose middle it holds, as the server has it", () => {
  const square: [number, number][] = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 2],
  ];
  const two = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ];
  assert.deepEqual(pixelsOf(square, 4, 3), two);
  assert.deepEqual(pixelsOf([...square].reverse(), 4, 3), two);
  assert.deepEqual(
    pixelsOf(
      [
        [0.4, 0.4],
        [0.6, 0.4],
        [0.5, 0.6],
      ],
      4,
      3,
    ),
    [[0, 0]],
  );
  assert.deepEqual(
    pixelsOf(
      [
        [0, 0],
        [4, 3],
      ],
      4,
      3,
    ),
    [],
  );
  assert.equal(
    pixelsOf(
      [
        [-9, -9],
        [9, -9],
        [9, 9],
        [-9, 9],
      ],
      4,
      3,
    ).length,
    12,
  );
  const left = pixelsOf(
    [
      [0, 0],
      [1.5, 0],
      [1.5, 3],
      [0, 3],
    ],
    4,
    3,
  ).length;
  const right = pixelsOf(
    [
      [1.5, 0],
      [4, 0],
      [4, 3],
      [1.5, 3],
    ],
    4,
    3,
  ).length;
  assert.equal(left + right, 12);
});

test("tables are CSV", () => {
  assert.equal(
    csv(
      ["a", "b"],
      [
        ["x,y", 1],
        ['say "no"', null],
      ],
    ),
    'a,b\n"x,y",1\n"say ""no""",\n',
  );
  assert.equal(regionCsv([{ name: "left", pixels: [[1, 2]] }]), "x,y,region\n1,2,left\n");
});

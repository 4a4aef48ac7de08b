import assert from "node:assert/strict";
import { test } from "node:test";

import { type Annotation, query } from "../src/api.ts";
import { amount, firstName, formulaParts, lengthOf, measureName, percent } from "../src/format.ts";
import { patternOf } from "../src/panel/pattern.ts";
import { firstFrom, highest, marks, nearest } from "../src/panel/peaks.ts";
import { csv, pixelsOf, regionCsv } from "../src/image/region.ts";
import { START, fromHash, nextSort, toHash } from "../src/state.ts";
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

test("the address holds what differs from the start", () => {
  assert.equal(toHash(START), "");
  const state = {
    ...START,
    ion: "C6H12O6+K+",
    q: "a&b=c#d +",
    fdr: 0.5,
    offset: 50,
    channels: [{ ion: "C43H73O8P+H+", color: "#ff00ff", opacity: 0.5 }],
  };
  assert.deepEqual(fromHash(`#${toHash(state)}`), state);
  assert.deepEqual(fromHash("#fdr=x&nothing=1&channels=a~red~1|b~00ff00~9|~~"), START);
});

test("a column sorts up, down, and not at all", () => {
  assert.deepEqual(
    ["rank", "mz", "-mz"].map((sort) => nextSort(sort, "mz", false)),
    ["mz", "-mz", "rank"],
  );
  assert.deepEqual(
    ["rank", "-msm", "msm"].map((sort) => nextSort(sort, "msm", true)),
    ["-msm", "msm", "rank"],
  );
});

test("parameters are escaped and those not given are left out", () => {
  assert.equal(query({ ion: "C1+H+", q: "", fdr: 0, x: undefined }), "?ion=C1%2BH%2B&fdr=0");
  assert.equal(query({}), "");
});

test("of many peaks the highest of each column is seen", () => {
  const peaks = { mz: [100, 100.1, 200, 300], intensity: [1, 5, 2, 9] };
  assert.deepEqual(highest(peaks, 100, 250, 10), [1, 2]);
  assert.equal(firstFrom(peaks.mz, 100.05), 1);
  assert.equal(nearest(peaks, 199, 2), 2);
  assert.equal(nearest(peaks, 150, 2), undefined);
});

test("marks are round", () => {
  assert.deepEqual(marks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(marks(100.2, 100.9, 3), [100.5]);
  assert.deepEqual(marks(5, 5, 3), [5]);
});

test("numbers and names are short", () => {
  assert.deepEqual([0, 0.5, 123.4, 123456, 0.001].map(amount), [
    "0",
    "0.500",
    "123",
    "1.23e5",
    "1.00e-3",
  ]);
  assert.deepEqual([0.011, 0.2].map(percent), ["1.1 %", "20 %"]);
  assert.equal(firstName(["a", "b", "c"]), "a +2");
  assert.equal(measureName("tfidf_cosine"), "TF-IDF cosine");
  assert.equal(measureName("median_thresholded_cosine"), "Median thresholded cosine");
  const text = formulaParts("C6H12O6+K+")
    .map(([part, isLow]) => (isLow ? `_${part}` : part))
    .join("");
  assert.equal(text, "C_6H_12O_6+K+");
});

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

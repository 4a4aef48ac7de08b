// Regions: their pixels, their outlines, and GeoJSON and CSV of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { csv } from "../src/csv.ts";
import { fromGeoJson, toGeoJson } from "../src/regions/geojson.ts";
import {
  type Ring,
  freeName,
  outlinesOf,
  pixelsOf,
  placesOf,
  rectangle,
  regionCsv,
} from "../src/regions/region.ts";

function square(left: number, top: number, right: number, bottom: number): Ring {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

test("a polygon holds the pixels whose middle it holds, as the server has it", () => {
  const four = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ];
  assert.deepEqual(pixelsOf([square(0, 0, 2, 2)], 4, 3), four);
  assert.deepEqual(pixelsOf([square(0, 0, 2, 2).reverse()], 4, 3), four);
  const small: Ring = [
    [0.4, 0.4],
    [0.6, 0.4],
    [0.5, 0.6],
  ];
  assert.deepEqual(pixelsOf([small], 4, 3), [[0, 0]]);
  const line: Ring = [
    [0, 0],
    [4, 3],
  ];
  assert.deepEqual(pixelsOf([line], 4, 3), []);
  assert.equal(pixelsOf([square(-9, -9, 9, 9)], 4, 3).length, 12);
  const [left, right] = [square(0, 0, 1.5, 3), square(1.5, 0, 4, 3)];
  assert.equal(pixelsOf([left], 4, 3).length + pixelsOf([right], 4, 3).length, 12);
  // What two rings hold is a hole.
  assert.equal(pixelsOf([square(0, 0, 3, 3), square(1, 1, 2, 2)], 4, 3).length, 8);
});

test("the outlines of pixels hold those pixels, whatever their shape", () => {
  const [width, height] = [9, 7];
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (const share of [0.1, 0.5, 0.9, 1]) {
    const places = Array.from({ length: width * height }, (_, place) => place);
    const pixels = new Set(places.filter(() => random() < share));
    const rings = outlinesOf(pixels, width);
    const found = pixelsOf(rings, width, height).map(([x, y]) => y * width + x);
    assert.deepEqual(found, [...pixels]);
    // The same after they were kept.
    const region = { name: "a", color: "#123456", rings };
    const kept = fromGeoJson(JSON.parse(JSON.stringify(toGeoJson([region]))));
    const [again] = kept;
    assert.deepEqual([again?.name, again?.color], ["a", "#123456"]);
    const foundAgain = pixelsOf(again?.rings ?? [], width, height);
    assert.deepEqual(
      foundAgain.map(([x, y]) => y * width + x),
      [...pixels],
    );
  }
});

test("a hole belongs to the polygon around it", () => {
  const rings = [square(0, 0, 9, 9), square(1, 1, 8, 8), square(2, 2, 4, 4), square(20, 0, 22, 2)];
  const set = toGeoJson([{ name: "a", color: "#ffffff", rings }]);
  const geometry = set.features[0]?.geometry;
  assert.equal(geometry?.type, "MultiPolygon");
  assert.deepEqual(
    geometry?.coordinates.map((polygon) => polygon.length),
    [2, 1, 1],
  );
});

test("rectangles are of whole pixels, and names are free", () => {
  assert.deepEqual(rectangle([2.7, 3.2], [0.4, 1]), square(0, 1, 3, 4));
  const named = { name: "region 1", color: "#ffffff", rings: [] };
  assert.equal(freeName([named]), "region 2");
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

test("runs of places are those that are tissue, in turns with those that are not", () => {
  assert.deepEqual([...placesOf([2, 2, 1, 1])], [2, 3, 5]);
  assert.deepEqual([...placesOf([0, 1, 3])], [0]);
  assert.deepEqual([...placesOf([])], []);
});

// Calls that come in quick succession.

import assert from "node:assert/strict";
import { test } from "node:test";

import { debounce, debounceEach } from "../src/debounce.ts";

const MS = 15;
const rest = () => new Promise((resolve) => setTimeout(resolve, 4 * MS));

test("the last of several calls is made, once", async () => {
  const made: number[] = [];
  const call = debounce(MS, (n: number) => made.push(n));
  [1, 2, 3].forEach((n) => call(n));
  assert.deepEqual(made, []);
  await rest();
  assert.deepEqual(made, [3]);
});

test("each key has its own last call", async () => {
  const made: [string, number][] = [];
  const call = debounceEach(MS, (key, n: number) => made.push([key, n]));
  call("brain", 1);
  call("kidney", 2);
  call("brain", 3);
  await rest();
  assert.deepEqual(made.sort(), [
    ["brain", 3],
    ["kidney", 2],
  ]);
});

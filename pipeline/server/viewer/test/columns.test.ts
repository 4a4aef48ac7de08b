// The order of the table.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextSort } from "../src/table/columns.ts";

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

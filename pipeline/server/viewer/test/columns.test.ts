// The order and the columns of the table, and the rows of a long list.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Dataset } from "../src/api.ts";
import { START } from "../src/state.ts";
import { nextSort, sortDirection, valueColumns, withColumn } from "../src/table/columns.ts";
import { Pages } from "../src/table/pages.ts";
import { FilterHistory } from "../src/table/undo.ts";
import { rowsWithin } from "../src/table/window.ts";

const DATASET = { rankedBy: "adaptive", databases: ["core"] } as unknown as Dataset;

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

test("the order of the server is that of what annotations are ranked by", () => {
  assert.equal(sortDirection("rank", "score", DATASET), "descending");
  assert.equal(sortDirection("rank", "msm", DATASET), "none");
  assert.equal(sortDirection("mz", "score", DATASET), "none");
  const two = { ...DATASET, databases: ["a", "b"] };
  assert.equal(sortDirection("rank", "score", two), "none");
});

test("columns are chosen, in their order", () => {
  const keys = (chosen: string) => valueColumns(chosen, DATASET).map((column) => column.key);
  assert.deepEqual(keys(""), ["mz", "score", "fdr", "maxIntensity"]);
  const more = withColumn("", "adduct", true, DATASET);
  assert.deepEqual(keys(more), ["adduct", "mz", "score", "fdr", "maxIntensity"]);
  assert.equal(withColumn(more, "adduct", false, DATASET), "");
  assert.deepEqual(keys(withColumn("mz", "mz", false, DATASET)), []);
});

test("only rows that are seen are on the page", () => {
  const [first, end] = rowsWithin(52 * 20_000, 520, 50_000);
  assert.ok(first <= 20_000 && end >= 20_010 && end - first < 40);
  assert.deepEqual(rowsWithin(0, 520, 3), [0, 3]);
});

test("pages come when they are looked at, once", async () => {
  const asked: number[] = [];
  const came: string[] = [];
  const load = (offset: number) => {
    asked.push(offset);
    const rows = Array.from({ length: 100 }, (_, i) => ({ ion: `I${offset + i}` }));
    return Promise.resolve({ nMatching: 5_000, rows } as never);
  };
  const failed = () => assert.fail("no page fails");
  const pages = new Pages(load, (rows) => came.push(rows[0]?.ion ?? ""), failed);
  assert.equal((await pages.open(210))[10]?.ion, "I210");
  assert.equal(pages.row(299)?.ion, "I299");
  assert.equal(pages.row(4_000), undefined);
  assert.equal(pages.row(4_001), undefined);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(pages.row(4_001)?.ion, "I4001");
  assert.equal(pages.row(5_000), undefined);
  assert.deepEqual([asked, came], [[200, 4_000], ["I4000"]]);
});

test("a filter is taken back step by step", () => {
  const choices = { ...START };
  const history = new FilterHistory(choices);
  choices.q = "PI";
  history.note(choices);
  choices.fdr = 0.5;
  history.note(choices);
  history.note(choices);
  assert.ok(history.undo(choices));
  assert.deepEqual([choices.q, choices.fdr], ["PI", START.fdr]);
  assert.ok(history.undo(choices) && !history.undo(choices));
  assert.equal(choices.q, "");
});

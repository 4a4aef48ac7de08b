// The columns of the table of annotations, and the order that their heads choose.

import type { Annotation, Dataset } from "../api.ts";
import { DEFAULTS } from "../defaults.ts";
import { amount, percent, signed } from "../format.ts";

export interface Column {
  /** Name by which the server sorts. */
  key: string;
  title: string;
  /** Whether the first click puts the largest on top. */
  startsDown: boolean;
  isNumber: boolean;
}

/** A column beside that of names, with what it shows of a row. */
export interface ValueColumn extends Column {
  text(row: Annotation): string;
}

const ION: Column = { key: "ion", title: "Molecule and ion", startsDown: false, isNumber: false };

function value(
  key: string,
  title: string,
  startsDown: boolean,
  text: (row: Annotation) => string,
  isNumber = true,
): ValueColumn {
  return { key, title, startsDown, isNumber, text };
}

/** All columns that can be chosen, in their order. */
export const VALUES: ValueColumn[] = [
  value("adduct", "Adduct", false, (row) => row.adduct, false),
  value("mz", "m/z", false, (row) => row.mz.toFixed(4)),
  value("mzErrPpm", "Δ ppm", false, (row) => signed(row.mzErrPpm)),
  value("score", "Score", true, (row) => row.score.toFixed(3)),
  value("msm", "MSM", true, (row) => row.msm.toFixed(3)),
  value("fdr", "FDR", false, (row) => percent(row.fdr)),
  value("nPixels", "Pixels", true, (row) => row.nPixels.toLocaleString("en")),
  value("maxIntensity", "Max", true, (row) => amount(row.maxIntensity)),
  value("totalIntensity", "Sum", true, (row) => amount(row.totalIntensity)),
  value("database", "Table", false, (row) => row.database, false),
];

/** What rows are ranked by. */
function rankKey(dataset: Dataset | undefined): string {
  return dataset?.rankedBy === "msm" ? "msm" : "score";
}

/** The columns that are shown where none are chosen. */
function usual(dataset: Dataset | undefined): string[] {
  return ["mz", rankKey(dataset), "fdr", "maxIntensity"];
}

/** The columns of values: those that are chosen, a list of keys with commas, or the usual ones. */
export function valueColumns(chosen: string, dataset: Dataset | undefined): ValueColumn[] {
  const keys = chosen ? chosen.split(",") : usual(dataset);
  return VALUES.filter(({ key }) => keys.includes(key));
}

/** The chosen columns with one more or one fewer; empty if they are the usual ones. */
export function withColumn(
  chosen: string,
  key: string,
  isWanted: boolean,
  dataset: Dataset | undefined,
): string {
  const now = valueColumns(chosen, dataset).map((column) => column.key);
  const next = isWanted ? [...now, key] : now.filter((other) => other !== key);
  const ordered = VALUES.map((column) => column.key).filter((other) => next.includes(other));
  const isUsual =
    ordered.join() ===
    valueColumns("", dataset)
      .map(({ key }) => key)
      .join();
  // Names alone are a choice too.
  return isUsual ? "" : ordered.join() || "none";
}

/** All columns. */
export function columnsOf(chosen: string, dataset: Dataset | undefined): Column[] {
  return [ION, ...valueColumns(chosen, dataset)];
}

/**
 * Whether a column is sorted, in the words of `aria-sort`. The order of the server is from the best
 * score, of one molecule table after another.
 */
export function sortDirection(
  sort: string,
  key: string,
  dataset?: Dataset,
): "ascending" | "descending" | "none" {
  if (sort === key) return "ascending";
  const isRank = dataset && sort === DEFAULTS.annotations.sort && key === rankKey(dataset);
  const isOneTable = (dataset?.databases.length ?? 0) < 2;
  return sort === `-${key}` || (isRank && isOneTable) ? "descending" : "none";
}

/** The order after a click on a column: one way, then the other, then that of the server. */
export function nextSort(sort: string, key: string, startsDown: boolean): string {
  const [first, second] = startsDown ? [`-${key}`, key] : [key, `-${key}`];
  if (sort === first) return second;
  return sort === second ? DEFAULTS.annotations.sort : first;
}

// The columns of the table of annotations, and the order that their heads choose.

import { DEFAULTS } from "../defaults.ts";

export interface Column {
  /** Name by which the server sorts. */
  key: string;
  title: string;
  /** Whether the first click puts the largest on top. */
  startsDown: boolean;
  isNumber: boolean;
}

export const COLUMNS: Column[] = [
  { key: "ion", title: "Ion and molecule", startsDown: false, isNumber: false },
  { key: "mz", title: "m/z", startsDown: false, isNumber: true },
  { key: "msm", title: "MSM", startsDown: true, isNumber: true },
  { key: "fdr", title: "FDR", startsDown: false, isNumber: true },
  { key: "maxIntensity", title: "Max", startsDown: true, isNumber: true },
];

/** Whether a column is sorted, in the words of `aria-sort`. */
export function sortDirection(sort: string, key: string): "ascending" | "descending" | "none" {
  if (sort === key) return "ascending";
  return sort === `-${key}` ? "descending" : "none";
}

/** The order after a click on a column: one way, then the other, then that of the server. */
export function nextSort(sort: string, key: string, startsDown: boolean): string {
  const [first, second] = startsDown ? [`-${key}`, key] : [key, `-${key}`];
  if (sort === first) return second;
  return sort === second ? DEFAULTS.annotations.sort : first;
}

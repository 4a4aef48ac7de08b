// The columns of the table of annotations, and the order that their heads choose.

import type { Annotation, Dataset } from "../api.ts";
import { DEFAULTS } from "../defaults.ts";
import { percent } from "../format.ts";

export interface Column {
  /** Name by which the server sorts. */
  key: string;
  title: string;
  /** Whether the first click puts the largest on top. */
  startsDown: boolean;
  isNumber: boolean;
}

/** The columns of numbers, each with what it shows of a row. */
export interface NumberColumn extends Column {
  text(row: Annotation): string;
}

const ION: Column = { key: "ion", title: "Molecule and ion", startsDown: false, isNumber: false };

/** What rows are ranked by: the score, called MSM where it is that. */
function rankColumn(dataset: Dataset | undefined): NumberColumn {
  const isMsm = dataset?.rankedBy === "msm";
  return {
    key: isMsm ? "msm" : "score",
    title: isMsm ? "MSM" : "Score",
    startsDown: true,
    isNumber: true,
    text: (row) => (isMsm ? row.msm : row.score).toFixed(3),
  };
}

/** The columns of numbers of a dataset. */
export function numberColumns(dataset: Dataset | undefined): NumberColumn[] {
  return [
    {
      key: "mz",
      title: "m/z",
      startsDown: false,
      isNumber: true,
      text: (row) => row.mz.toFixed(4),
    },
    rankColumn(dataset),
    {
      key: "fdr",
      title: "FDR",
      startsDown: false,
      isNumber: true,
      text: (row) => percent(row.fdr),
    },
    {
      key: "maxIntensity",
      title: "Max",
      startsDown: true,
      isNumber: true,
      text: (row) => row.maxIntensity.toPrecision(3),
    },
  ];
}

/** All columns of a dataset. */
export function columnsOf(dataset: Dataset | undefined): Column[] {
  return [ION, ...numberColumns(dataset)];
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
  const isRank = sort === DEFAULTS.annotations.sort && key === rankColumn(dataset).key;
  const isOneTable = (dataset?.databases.length ?? 0) < 2;
  return sort === `-${key}` || (isRank && dataset && isOneTable) ? "descending" : "none";
}

/** The order after a click on a column: one way, then the other, then that of the server. */
export function nextSort(sort: string, key: string, startsDown: boolean): string {
  const [first, second] = startsDown ? [`-${key}`, key] : [key, `-${key}`];
  if (sort === first) return second;
  return sort === second ? DEFAULTS.annotations.sort : first;
}

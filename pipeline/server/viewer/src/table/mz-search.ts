// A number in the search field is an m/z: the annotations nearest to it, and whether one is there.

import type { Annotation } from "../api.ts";

/** Numbers below are no m/z that anyone looks for, but may be part of a name. */
const LEAST_MZ = 40;

export interface MzSearch {
  mz: number;
  /** How far in Th an annotation may be: the window, or what the last digit leaves open. */
  within: number;
}

/** The m/z that a text is, if it is a number and nothing else. */
export function searchedMz(text: string, ppm: number): MzSearch | undefined {
  const found = /^\s*(\d+)(?:[.,](\d*))?\s*$/.exec(text);
  if (!found) return undefined;
  const [, whole, decimals = ""] = found;
  const mz = Number(`${whole}.${decimals}`);
  if (!(mz >= LEAST_MZ)) return undefined;
  const lastDigit = 0.5 * 10 ** -decimals.length;
  return { mz, within: Math.max(lastDigit, mz * ppm * 1e-6) };
}

/** The annotations of which an m/z may be. */
export function withinSearch({ mz, within }: MzSearch, rows: Annotation[]): Annotation[] {
  return rows.filter((row) => Math.abs(row.mz - mz) <= within);
}

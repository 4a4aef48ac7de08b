// The isotopic pattern of an ion: its peaks in theory and as measured.

import type { Annotation } from "../api.ts";

/** A peak of a pattern. */
export interface PatternPeak {
  isotope: number;
  mz: number;
  /** Percent of the highest theoretical peak. */
  theory: number;
  /** Percent of the largest image sum. */
  observed: number;
  /** Mean measured less theoretical m/z in ppm; nothing without an image. */
  errorPpm: number | undefined;
}

/** The peaks that theory has. */
export function patternOf(row: Annotation): PatternPeak[] {
  const most = Math.max(0, ...row.isotopeTotalIntensity) || 1;
  const peaks = row.isotopeMz.map((mz, isotope) => {
    const total = row.isotopeTotalIntensity[isotope] ?? 0;
    const mean = row.isotopeMzMean[isotope] ?? mz;
    return {
      isotope,
      mz,
      theory: row.isotopeIntensity[isotope] ?? 0,
      observed: (total / most) * 100,
      errorPpm: total > 0 ? ((mean - mz) / mz) * 1e6 : undefined,
    };
  });
  return peaks.filter(({ mz }) => mz > 0);
}

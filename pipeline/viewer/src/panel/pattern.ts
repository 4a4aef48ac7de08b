// The isotopic pattern of an ion: theory upward, what was measured downward.

import type { Annotation } from "../api.ts";
import { el } from "../dom.ts";
import { part } from "../svg.ts";

const WIDTH = 440;
const HEIGHT = 170;
const EDGE = 34;

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

/** Where a peak stands: as far to the right as its m/z is in the range of all. */
function across(peaks: PatternPeak[], mz: number): number {
  const [first, last] = [peaks[0]?.mz ?? 0, peaks[peaks.length - 1]?.mz ?? 1];
  return EDGE + ((mz - first) / (last - first || 1)) * (WIDTH - 2 * EDGE);
}

export function patternPlot(ion: string, peaks: PatternPeak[]): SVGElement {
  const middle = HEIGHT / 2;
  const height = (percent: number) => (percent / 100) * (middle - 18);
  const parts = peaks.flatMap((peak) => {
    const x = across(peaks, peak.mz);
    return [
      part("path", { d: `M${x} ${middle}V${middle - height(peak.theory)}`, class: "theory" }),
      part("path", { d: `M${x} ${middle}V${middle + height(peak.observed)}`, class: "observed" }),
    ];
  });
  const label = `Isotopic pattern of ${ion}: theory above, measured below`;
  const plot = part("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: "spectrum pattern",
    role: "img",
    "aria-label": label,
  });
  plot.append(
    part("path", { d: `M0 ${middle}H${WIDTH}`, class: "axis" }),
    part("text", { x: 4, y: 13 }, "theory"),
    part("text", { x: 4, y: HEIGHT - 5 }, "measured"),
    ...parts,
  );
  return plot;
}

export function patternTable(peaks: PatternPeak[]): HTMLElement {
  const number = (text: string) => el("td", { class: "number" }, text);
  const rows = peaks.map((peak) =>
    el(
      "tr",
      {},
      el("td", {}, String(peak.isotope)),
      number(peak.mz.toFixed(4)),
      number(`${peak.theory.toFixed(1)} %`),
      number(`${peak.observed.toFixed(1)} %`),
      number(peak.errorPpm === undefined ? "–" : `${peak.errorPpm.toFixed(2)} ppm`),
    ),
  );
  const titles = ["Isotope", "m/z", "Theory", "Measured", "Error"];
  const head = titles.map((title, i) =>
    el("th", { scope: "col", class: i ? "number" : "" }, title),
  );
  return el(
    "table",
    { class: "rows" },
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...rows),
  );
}

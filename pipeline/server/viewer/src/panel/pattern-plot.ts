// Shows an isotopic pattern: theory upward and what was measured downward, and as a table.

import { element } from "../dom.ts";
import { signed } from "../format.ts";
import { svgElement } from "../svg.ts";
import type { PatternPeak } from "./pattern.ts";

const WIDTH = 440;
const HEIGHT = 170;
const EDGE = 34;

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
      svgElement("path", { d: `M${x} ${middle}V${middle - height(peak.theory)}`, class: "theory" }),
      svgElement("path", {
        d: `M${x} ${middle}V${middle + height(peak.observed)}`,
        class: "observed",
      }),
    ];
  });
  const label = `Isotopic pattern of ${ion}: theory above, measured below`;
  const plot = svgElement("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: "spectrum pattern",
    role: "img",
    "aria-label": label,
  });
  plot.append(
    svgElement("path", { d: `M0 ${middle}H${WIDTH}`, class: "axis" }),
    svgElement("text", { x: 4, y: 13 }, "theory"),
    svgElement("text", { x: 4, y: HEIGHT - 5 }, "measured"),
    ...parts,
  );
  return plot;
}

/** The pattern as a table, and the cells for the correlation of each isotope with the first. */
export function patternTable(peaks: PatternPeak[]): [HTMLElement, Map<number, HTMLElement>] {
  const number = (text: string) => element("td", { class: "number" }, text);
  const cells = new Map<number, HTMLElement>();
  const rows = peaks.map((peak) => {
    const cell = number(peak.isotope ? "" : "1");
    cells.set(peak.isotope, cell);
    return element(
      "tr",
      {},
      element("td", {}, String(peak.isotope)),
      number(peak.mz.toFixed(4)),
      number(`${peak.theory.toFixed(1)} %`),
      number(`${peak.observed.toFixed(1)} %`),
      number(peak.errorPpm === undefined ? "–" : signed(peak.errorPpm)),
      cell,
    );
  });
  const titles: [string, string][] = [
    ["#", "Isotope"],
    ["m/z", "Theoretical m/z"],
    ["Theory", "Theoretical intensity"],
    ["Measured", "Sum of the image"],
    ["ppm", "Measured less theoretical m/z"],
    ["r", "Correlation of the image with the first"],
  ];
  const head = titles.map(([text, title], i) =>
    element("th", { scope: "col", class: i ? "number" : "", title }, text),
  );
  const table = element(
    "table",
    { class: "rows tight" },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
  );
  return [table, cells];
}

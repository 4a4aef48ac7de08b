// The Kendrick plot: ions of one kind that differ by a repeated unit lie in one row.

import type { Annotation } from "../api.ts";
import { svgElement } from "../svg.ts";

/** A unit that molecules of one kind differ by: its formula and exact mass in Da. */
export interface KendrickUnit {
  name: string;
  mass: number;
}

/** Exact masses of IUPAC's isotopes (2021). */
export const UNITS: KendrickUnit[] = [
  { name: "CH₂", mass: 14.01565 },
  { name: "C₂H₄", mass: 28.0313 },
  { name: "H₂", mass: 2.01565 },
  { name: "C₂H₄O", mass: 44.026215 },
  { name: "O", mass: 15.994915 },
  { name: "H₂O", mass: 18.010565 },
  { name: "C₆H₁₀O₅", mass: 162.052823 },
];

/** Colours of the largest classes, of Okabe and Ito (2008); others are grey. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const OTHER = "#8a93a3";

const [WIDTH, HEIGHT] = [360, 220];
const [LEFT, BOTTOM, MARGIN] = [44, 26, 8];

/** The distance of the Kendrick mass, in which the unit is whole, to its nearest whole number. */
export function kendrickDefect(mz: number, { mass }: KendrickUnit): number {
  const scaled = (mz * Math.round(mass)) / mass;
  return scaled - Math.round(scaled);
}

/** The classes of most ions, the largest first. */
export function largestClasses(rows: Annotation[]): string[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const kind = classOf(row);
    if (kind) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  return sorted.slice(0, COLORS.length).map(([kind]) => kind);
}

function classOf({ moleculeClasses }: Annotation): string {
  return moleculeClasses.find((kind) => kind) ?? "";
}

/** The colour of a class among the largest. */
export function classColor(classes: string[], kind: string): string {
  return COLORS[classes.indexOf(kind)] ?? OTHER;
}

/** The plot; `choose` is told the ion that is clicked. */
export function kendrickPlot(
  rows: Annotation[],
  unit: KendrickUnit,
  chosen: string,
  choose: (ion: string) => void,
): SVGElement {
  const classes = largestClasses(rows);
  const plot = svgElement("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: "kendrick",
    role: "group",
    "aria-label": `Kendrick plot of ${rows.length} ions, unit ${unit.name}; arrows go to the next ion, Enter shows it`,
  });
  const mzs = rows.map(({ mz }) => mz);
  const [low, high] = [Math.min(...mzs), Math.max(...mzs)];
  const across = (mz: number) =>
    LEFT + ((mz - low) / Math.max(high - low, 1)) * (WIDTH - LEFT - MARGIN);
  const down = (defect: number) => MARGIN + (0.5 - defect) * (HEIGHT - BOTTOM - MARGIN);
  for (const defect of [-0.5, -0.25, 0, 0.25, 0.5]) {
    const y = down(defect);
    plot.append(
      svgElement("line", { class: "grid", x1: LEFT, x2: WIDTH - MARGIN, y1: y, y2: y }),
      svgElement("text", { x: LEFT - 4, y: y + 3.5, "text-anchor": "end" }, String(defect)),
    );
  }
  for (const mz of [low, (low + high) / 2, high]) {
    const anchor = mz === low ? "start" : mz === high ? "end" : "middle";
    const place = { x: across(mz), y: HEIGHT - 8, "text-anchor": anchor };
    plot.append(svgElement("text", place, mz.toFixed(0)));
  }
  const marks = rows.map((row) => {
    const isChosen = row.ion === chosen;
    const mark = svgElement("circle", {
      cx: across(row.mz).toFixed(1),
      cy: down(kendrickDefect(row.mz, unit)).toFixed(1),
      r: isChosen ? 6 : 3.5,
      fill: classColor(classes, classOf(row)),
      class: isChosen ? "chosen" : "",
      "data-ion": row.ion,
      role: "button",
      tabindex: -1,
      "aria-label": labelOf(row),
    });
    mark.append(svgElement("title", {}, labelOf(row)));
    mark.addEventListener("click", () => choose(row.ion));
    return mark;
  });
  plot.append(...marks);
  // One mark is reached with Tab; from it arrows go on, in the order of m/z.
  const order = [...marks.keys()].sort((a, b) => (mzs[a] ?? 0) - (mzs[b] ?? 0));
  const start = rows.findIndex(({ ion }) => ion === chosen);
  marks[Math.max(start, 0)]?.setAttribute("tabindex", "0");
  plot.addEventListener("keydown", (event) => {
    const at = order.findIndex((i) => marks[i] === event.target);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const ion = (event.target as SVGElement).dataset["ion"];
    if (step) marks[order[at + step] ?? -1]?.focus();
    else if ((event.key === "Enter" || event.key === " ") && ion) choose(ion);
    else return;
    event.preventDefault();
  });
  return plot;
}

function labelOf({ moleculeNames, ion, mz }: Annotation): string {
  return `${moleculeNames[0] ?? ion}, ${ion}, m/z ${mz.toFixed(4)}`;
}

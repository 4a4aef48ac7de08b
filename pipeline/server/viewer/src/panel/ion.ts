// The panel of an ion: its isotopes, its numbers, the molecules it may be, and its pattern.

import type { Annotation } from "../api.ts";
import { element } from "../dom.ts";
import { amount, percent } from "../format.ts";
import type { State } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import { type ChooseIon, ionButton } from "./ion-table.ts";
import { patternOf } from "./pattern.ts";
import { patternPlot, patternTable } from "./pattern-plot.ts";

export function ionPanel({ row }: State, choose: ChooseIon, thumbnails: Thumbnails): Node[] {
  if (!row) return [];
  const pattern = patternOf(row);
  const images = pattern.map(({ isotope, mz }) =>
    element(
      "figure",
      {},
      thumbnails.of(row.ion, isotope),
      element("figcaption", {}, `m/z ${mz.toFixed(4)}`),
    ),
  );
  const n = row.moleculeNames.length;
  return [
    element("div", { class: "isotopes" }, ...images),
    factList(row),
    element("h3", {}, n > 1 ? `${n} molecules of this formula` : "Molecule"),
    moleculeList(row),
    ...otherIons("The same ion otherwise explained", row.isomers, choose),
    ...otherIons("Ions of overlapping m/z", row.isobars, choose),
    element("h3", {}, "Isotopic pattern"),
    patternPlot(row.ion, pattern),
    patternTable(pattern),
  ];
}

function factList(row: Annotation): HTMLElement {
  const parts = [row.rhoSpatial, row.rhoSpectral, row.rhoChaos];
  const facts: [string, string][] = [
    ["m/z", row.mz.toFixed(5)],
    ["Score", row.score.toFixed(3)],
    ["MSM", row.msm.toFixed(3)],
    ["FDR", percent(row.fdr)],
    ["Chance that this one is false", percent(row.pep)],
    ["ρ spatial, spectral, chaos", parts.map((value) => value.toFixed(3)).join(", ")],
    ["m/z error", `${row.mzErrPpm.toFixed(2)} ppm`],
    ["Pixels with signal", row.nPixels.toLocaleString("en")],
    ["Largest intensity", amount(row.maxIntensity)],
    ["Sum of intensities", amount(row.totalIntensity)],
    ["Molecule table", row.database],
  ];
  if (typeof row.offSample === "number") {
    facts.push(["Off the tissue", percent(row.offSample)]);
  }
  if (typeof row.matrixIon === "string") facts.push(["May be of the matrix", row.matrixIon]);
  const list = facts.flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, value),
  ]);
  return element("dl", { class: "facts" }, ...list);
}

function moleculeList({ moleculeNames, moleculeIds }: Annotation): HTMLElement {
  const items = moleculeNames.map((name, i) =>
    element("li", {}, name, element("small", {}, ` ${moleculeIds[i] ?? ""}`)),
  );
  return element("ul", { class: "molecules" }, ...items);
}

function otherIons(title: string, ions: string[], choose: ChooseIon): Node[] {
  if (!ions.length) return [];
  const items = ions.map((ion) => element("li", {}, ionButton(ion, choose)));
  return [element("h3", {}, title), element("ul", { class: "ions" }, ...items)];
}

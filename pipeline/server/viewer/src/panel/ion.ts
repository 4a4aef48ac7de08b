// The panel of an ion: its isotopes, its numbers, the molecules it may be, and its pattern.

import type { Annotation, Api } from "../api.ts";
import { element } from "../dom.ts";
import { amount, percent, ppm } from "../format.ts";
import type { State } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import { adductPart } from "./adducts.ts";
import { competitionPart } from "./competition.ts";
import { fillCorrelations } from "./correlation.ts";
import { fragmentPart } from "./fragments.ts";
import { type ChooseIon, note } from "./ion-table.ts";
import { mzErrorPart } from "./mz-errors.ts";
import { patternOf } from "./pattern.ts";
import { patternPlot, patternTable } from "./pattern-plot.ts";

export interface IonActions {
  choose: ChooseIon;
  showMz(mz: number, ppm: number): void;
}

export function ionPanel(
  state: State,
  api: Api,
  thumbnails: Thumbnails,
  { choose, showMz }: IonActions,
): Node[] {
  const { row } = state;
  if (!row) return [note(nothing(state))];
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
  const [table, cells] = patternTable(pattern);
  void fillCorrelations(state, api, row.ion, cells);
  return [
    element("div", { class: "isotopes" }, ...images),
    ...flags(row),
    factList(row, state),
    element("h3", {}, n > 1 ? `${n} molecules of this formula` : "Molecule"),
    moleculeList(row),
    element("h3", {}, "Isotopic pattern"),
    patternPlot(row.ion, pattern),
    table,
    ...adductPart(state, api, row, choose, thumbnails),
    ...mzErrorPart(state, api, row.mz),
    ...competitionPart(state, api, row, choose),
    ...fragmentPart(row, (mz) => showMz(mz, state.dataset?.ppm ?? 0)),
  ];
}

function nothing({ dataset }: State): string {
  return dataset?.nAnnotations
    ? "No ion is selected: choose one in the table, or click a peak of the spectrum."
    : "Nothing is annotated in this dataset. The spectrum above shows what was measured: a click on a peak shows where it lies.";
}

/** Why an ion may not be of the tissue. */
function flags({ offSample, matrixIon }: Annotation): Node[] {
  const said: string[] = [];
  if (offSample && offSample > 0.5) {
    said.push(`Lies off the tissue with a probability of ${percent(offSample)}.`);
  }
  if (matrixIon) said.push(`May be the matrix ion ${matrixIon}.`);
  return said.map((text) => element("p", { class: "flag" }, text));
}

function factList(row: Annotation, { dataset }: State): HTMLElement {
  const parts = [row.rhoSpatial, row.rhoSpectral, row.rhoChaos];
  const facts: [string, string][] = [
    ["m/z", row.mz.toFixed(5)],
    ...(dataset?.rankedBy === "msm" ? [] : [["Score", row.score.toFixed(3)] as [string, string]]),
    ["MSM", row.msm.toFixed(3)],
    ["FDR", percent(row.fdr)],
    ["Chance that this one is false", percent(row.pep)],
    ["ρ spatial, spectral, chaos", parts.map((value) => value.toFixed(3)).join(", ")],
    ["m/z error", ppm(row.mzErrPpm)],
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

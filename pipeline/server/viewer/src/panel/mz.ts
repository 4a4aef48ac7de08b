// The panel of an m/z that is no annotated ion: what lies near it, and how sure that is.

import type { Annotation, Api } from "../api.ts";
import { element } from "../dom.ts";
import { amount, counted, distance, percent, windowName } from "../format.ts";
import { answerOf } from "../notice.ts";
import { type State, windowPpm } from "../state.ts";
import { candidatesPart } from "./candidates.ts";
import { type ChooseIon, type IonRow, ionTable, note } from "./ion-table.ts";

/** Annotations that are listed. */
const MAX_NEAR = 8;

/** The panel, filled with the nearest annotations when they come. */
export async function mzPanel(state: State, api: Api, choose: ChooseIon): Promise<Node[]> {
  const { dataset, mz } = state.choices;
  const within = windowPpm(state);
  const page = await answerOf(api.annotations({ dataset, mzNear: mz, limit: MAX_NEAR }));
  const rows = page?.rows ?? [];
  for (const row of rows) state.names.learn(row.ion, row.moleculeNames);
  const here = rows.filter((row) => Math.abs(errorPpm(mz, row.mz)) <= within);
  return [
    element("h3", {}, windowName(mz, within)),
    note(summary(here, within)),
    ...sums(state),
    ...candidatesPart(state, api, mz, within, choose),
    element("h3", {}, "Nearest annotations, at any FDR"),
    rows.length
      ? ionTable(
          ["Molecule and ion", "Distance", "m/z", "FDR"],
          rows.map((row): IonRow => [
            row.ion,
            distance(mz, row.mz),
            row.mz.toFixed(4),
            percent(row.fdr),
          ]),
          { names: state.names, choose },
        )
      : note("Nothing is annotated in this dataset."),
  ];
}

function errorPpm(mz: number, theoretical: number): number {
  return ((mz - theoretical) / theoretical) * 1e6;
}

function summary(here: Annotation[], within: number): string {
  if (!here.length) {
    return `No first isotope of an annotation lies within ${Number(within.toPrecision(3))} ppm.`;
  }
  return `${counted(here.length, "annotation")} within the window.`;
}

/** What the image holds, once it is known. */
function sums({ intensities }: State): Node[] {
  if (!intensities) return [];
  const values = [...intensities.values()].filter((value) => value > 0);
  if (!values.length) return [note("No pixel has a peak within the window.")];
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  const sum = values.reduce((a, b) => a + b, 0);
  const facts: [string, string][] = [
    ["Pixels with signal", values.length.toLocaleString("en")],
    ["Largest intensity", amount(largest)],
    ["Sum of intensities", amount(sum)],
  ];
  const list = facts.flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, value),
  ]);
  return [element("dl", { class: "facts" }, ...list)];
}

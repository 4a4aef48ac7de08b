// What was searched for at a peak, annotated or not, and why not.

import type { Api, Candidates } from "../api.ts";
import { element } from "../dom.ts";
import { distance, percent } from "../format.ts";
import type { Problem } from "../client.ts";
import type { State } from "../state.ts";
import { type ChooseIon, ionButton, note, tableOf } from "./ion-table.ts";

type Row = Candidates["ions"][number];

/** What came of an ion, in words. */
const OUTCOMES: Record<Row["outcome"], string> = {
  annotated: "annotated",
  noPattern:
    "not the isotopic pattern: its other isotopes are not where the first is, or of other intensity",
  noStructure: "no structure: its image is like noise",
  explained: "not ranked: another ion, or one of the matrix, explains its peak",
  fragment: "not ranked: a fragment of",
  likeDecoys: "no better than decoys",
};

/** The list, filled when it comes. */
export function candidatesPart(
  state: State,
  api: Api,
  mz: number,
  within: number,
  choose: ChooseIon,
): Node[] {
  const place = element("div", { id: "candidates" });
  void fill(place, state, api, mz, within, choose);
  return [element("h3", {}, "All candidates of the tables here"), place];
}

async function fill(
  place: HTMLElement,
  state: State,
  api: Api,
  mz: number,
  within: number,
  choose: ChooseIon,
): Promise<void> {
  const { dataset, fdr } = state.choices;
  try {
    const { ions } = await api.candidates(dataset, { mz, ppm: within });
    if (!ions.length) {
      place.replaceChildren(
        note("No molecule of the tables has an ion here: other tables, adducts or losses may."),
      );
      return;
    }
    const heads = ["Candidate", "Distance", "What came of it"].map((title) =>
      element("th", { scope: "col" }, title),
    );
    const rows = ions.map((row) => candidateRow(row, state, mz, fdr, choose));
    place.replaceChildren(tableOf(heads, rows));
  } catch (error) {
    const { message, hint } = error as Partial<Problem> & Error;
    place.replaceChildren(note(hint ? `${message}. ${hint}` : message));
  }
}

function outcomeInWords(row: Row): string {
  const of = row.targets.map(({ fragmentOf }) => fragmentOf).find(Boolean);
  return row.outcome === "fragment" ? `${OUTCOMES.fragment} ${of}` : OUTCOMES[row.outcome];
}

function candidateRow(
  row: Row,
  state: State,
  mz: number,
  fdr: number,
  choose: ChooseIon,
): HTMLElement {
  const as = row.targets.map(({ formula, adduct }) => `${formula} ${adduct}`);
  const name = row.ion ? ionButton(row.ion, state.names, choose) : (as[0] ?? row.ionFormula);
  const best = Math.max(0, ...row.targets.map(({ score }) => score));
  // 0 is not ranked.
  const score = best > 0 ? `, score ${best.toFixed(3)}` : `, MSM ${row.msm.toFixed(3)}`;
  const isBeyond = typeof row.fdr === "number" && row.fdr > fdr;
  const outcome =
    typeof row.fdr === "number"
      ? `${isBeyond ? "beyond the FDR that is chosen" : "annotated"}: FDR ${percent(row.fdr)}`
      : outcomeInWords(row);
  return element(
    "tr",
    { "data-outcome": row.outcome },
    element("td", {}, name),
    element("td", {}, distance(mz, row.mz)),
    element("td", {}, outcome + score),
  );
}

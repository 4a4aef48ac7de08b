// What else the peak of an ion may be: annotations whose first windows overlap, at any FDR.

import type { Annotation, Api } from "../api.ts";
import { element } from "../dom.ts";
import { percent, ppm } from "../format.ts";
import type { State } from "../state.ts";
import { type ChooseIon, type IonRow, ionTable, note } from "./ion-table.ts";

/** Competitors that are listed, at most. */
const MAX_ROWS = 30;

/** The list, filled when it comes. */
export function competitionPart(
  state: State,
  api: Api,
  row: Annotation,
  choose: ChooseIon,
): Node[] {
  const place = element("div", { id: "competition" });
  void fill(place, state, api, row, choose);
  return [element("h3", {}, "What competes for the peak"), place];
}

async function fill(
  place: HTMLElement,
  state: State,
  api: Api,
  row: Annotation,
  choose: ChooseIon,
): Promise<void> {
  const { dataset } = state.choices;
  // Windows of two ions overlap up to twice their half-width.
  const reach = row.mz * (state.dataset?.ppm ?? 0) * 2e-6;
  const [mzMin, mzMax] = [row.mz - reach, row.mz + reach];
  try {
    const query = { dataset, mzMin, mzMax, sort: "fdr", limit: MAX_ROWS };
    const { rows, nMatching } = await api.annotations(query);
    const others = rows.filter((other) => other.ion !== row.ion);
    if (!others.length) {
      place.replaceChildren(note("Nothing else is annotated within its window, at any FDR."));
      return;
    }
    for (const other of others) state.names.learn(other.ion, other.moleculeNames);
    const lines = others.map((other): IonRow => [
      other.ion,
      other.ionFormula === row.ionFormula ? "same" : ppm((other.mz / row.mz - 1) * 1e6),
      other.score.toFixed(3),
      percent(other.fdr),
    ]);
    const titles = ["Molecule and ion", "m/z", "Score", "FDR"];
    const more = nMatching > rows.length ? [note(`${nMatching - rows.length} more.`)] : [];
    place.replaceChildren(ionTable(titles, lines, { names: state.names, choose }), ...more);
  } catch (error) {
    place.replaceChildren(note((error as Error).message));
  }
}

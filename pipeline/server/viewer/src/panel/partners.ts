// The panel of co-localized ions: those that lie together with the ion, by a measure.

import type { Partners } from "../api.ts";
import { DEFAULTS } from "../defaults.ts";
import { element } from "../dom.ts";
import { savePartners } from "../download.ts";
import { measureName, percent } from "../format.ts";
import type { State } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import {
  type ChooseIon,
  type IonRow,
  divisionNote,
  ionTable,
  note,
  toolButton,
  toolbar,
} from "./ion-table.ts";

/** Partners that are listed, at most. */
export const MAX_PARTNERS = 100;

export function partnersPanel(
  state: State,
  choose: ChooseIon,
  thumbnails: Thumbnails,
  measure: (name: string) => void,
): Node[] {
  const found = state.partners;
  if (!found)
    return [note("No ion is selected: choose one in the table to see what lies with it.")];
  const label = element("label", {}, "Measure ", measureSelect(state, found, measure));
  const head = toolbar(
    label,
    toolButton("save-partners", "CSV", () => savePartners(state)),
  );
  if (!found.hasSignal) {
    return [head, note("The image has no signal above its background: nothing lies with it.")];
  }
  if (!found.partners.length) {
    const { minScore } = DEFAULTS.partners;
    return [head, note(`None of ${found.nIons - 1} other ions scores ${minScore} or more.`)];
  }
  const rows = found.partners.map(({ ion, score, fdr }): IonRow => [
    ion,
    score.toFixed(3),
    percent(fdr),
  ]);
  const context = { names: state.names, choose, thumbnails };
  const table = ionTable(["Molecule and ion", "Score", "FDR"], rows, context);
  return [head, ...divisionNote(state), table];
}

function measureSelect(
  { served }: State,
  found: Partners,
  measure: (name: string) => void,
): HTMLElement {
  const options = served?.measures.map((name) =>
    element("option", { value: name, selected: name === found.measure }, measureName(name)),
  );
  const change = (event: Event) => measure((event.target as HTMLSelectElement).value);
  return element("select", { id: "measure", onchange: change }, ...(options ?? []));
}

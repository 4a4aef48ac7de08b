// The other ions of a molecule: its adducts and losses, with their images, at any FDR.

import type { Annotation, Api } from "../api.ts";
import { element } from "../dom.ts";
import { percent } from "../format.ts";
import type { State } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import { type ChooseIon, type IonRow, ionTable, note } from "./ion-table.ts";

/** Annotations among which ions of a formula are looked for: its name is part of longer ones. */
const MAX_FOUND = 200;

/** The list, filled when it comes. */
export function adductPart(
  state: State,
  api: Api,
  row: Annotation,
  choose: ChooseIon,
  thumbnails: Thumbnails,
): Node[] {
  const place = element("div", { id: "adducts" });
  void fill(place, state, api, row, choose, thumbnails);
  return [element("h3", {}, "Other ions of this formula"), place];
}

async function fill(
  place: HTMLElement,
  state: State,
  api: Api,
  row: Annotation,
  choose: ChooseIon,
  thumbnails: Thumbnails,
): Promise<void> {
  const { dataset } = state.choices;
  try {
    const query = { dataset, q: row.formula, sort: "fdr", limit: MAX_FOUND };
    const { rows } = await api.annotations(query);
    const seen = new Set([row.ion]);
    const others = rows.filter(({ formula, ion }) => {
      const isOther = formula === row.formula && !seen.has(ion);
      seen.add(ion);
      return isOther;
    });
    if (!others.length) {
      place.replaceChildren(note("It is annotated as no other ion, at any FDR."));
      return;
    }
    for (const other of others) state.names.learn(other.ion, other.moleculeNames);
    const lines = others.map((other): IonRow => [
      other.ion,
      other.adduct,
      other.score.toFixed(3),
      percent(other.fdr),
    ]);
    const titles = ["Molecule and ion", "Adduct", "Score", "FDR"];
    place.replaceChildren(ionTable(titles, lines, { names: state.names, choose, thumbnails }));
  } catch (error) {
    place.replaceChildren(note((error as Error).message));
  }
}

// The panel of markers: the ions that lie inside of drawn regions rather than outside.

import { element } from "../dom.ts";
import { saveMarkers, saveRegions } from "../download.ts";
import { amount } from "../format.ts";
import type { State } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import { type ChooseIon, type IonRow, ionTable, note, toolButton, toolbar } from "./ion-table.ts";

/** Markers of a region that are listed, at most. */
const MAX_ROWS = 100;

const HOW_TO_DRAW =
  "Choose “Draw a region” and click its corners; a click on the first one closes it. With the keyboard: arrows move, Enter sets a corner, C closes.";

const WHAT_AUC_MEANS =
  "AUC: the chance that a pixel inside is brighter than one outside. No p-values: neighbouring pixels are alike.";

export function markersPanel(
  state: State,
  choose: ChooseIon,
  thumbnails: Thumbnails,
  clear: () => void,
): Node[] {
  const regions = state.markers?.regions ?? [];
  if (!regions.length) return [note(HOW_TO_DRAW)];
  const tables = regions.flatMap(({ region, markers }) => {
    const rows = markers
      .slice(0, MAX_ROWS)
      .map(({ ion, auc, log2FoldChange, meanInside, meanOutside }): IonRow => [
        ion,
        auc.toFixed(3),
        log2FoldChange?.toFixed(2) ?? "–",
        `${amount(meanInside)} / ${amount(meanOutside)}`,
      ]);
    const titles = ["Ion", "AUC", "log₂ fold", "Inside / outside"];
    return [element("h3", {}, region), ionTable(titles, rows, choose, thumbnails)];
  });
  return [
    toolbar(
      toolButton("clear-regions", "Clear", clear),
      toolButton("save-markers", "Markers CSV", () => saveMarkers(state)),
      toolButton("save-regions", "Regions CSV", () => saveRegions(state)),
    ),
    note(WHAT_AUC_MEANS),
    ...tables,
  ];
}

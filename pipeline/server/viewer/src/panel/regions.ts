// The panel of regions: their names, colours and means, and what marks the one that is selected.

import type { Api, Markers } from "../api.ts";
import type { Problem } from "../client.ts";
import { element } from "../dom.ts";
import { saveMarkers, saveRegions } from "../download.ts";
import { amount, counted, percent } from "../format.ts";
import { toGeoJson } from "../regions/geojson.ts";
import { type Region, pixelsOf } from "../regions/region.ts";
import type { State } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import {
  type ChooseIon,
  type IonRow,
  divisionNote,
  ionTable,
  note,
  tableOf,
  toolButton,
  toolbar,
} from "./ion-table.ts";

/** Markers of a region that are listed, at most. */
const MAX_ROWS = 100;

/** Segments that can be chosen, at most. */
const MAX_SEGMENTS = 12;

const HOW_TO_DRAW =
  "No region yet. Below the image, choose a polygon and click its corners (the first one again closes it), drag a rectangle, or paint with the brush. With the keyboard: arrows move, Enter sets a corner, C closes. Or let the data suggest some: “Segment”.";

const WHAT_AUC_MEANS =
  "AUC: the chance that a pixel inside is brighter than one outside. No p-values: neighbouring pixels are alike.";

export interface RegionActions {
  choose: ChooseIon;
  /** Another region is selected; none where it was selected before. */
  select(region: Region): void;
  /** A region was renamed or got another colour. */
  changed(): void;
  remove(region: Region): void;
  clear(): void;
  segment(n: number | undefined): void;
  load(file: File): void;
}

export async function regionsPanel(
  state: State,
  api: Api,
  thumbnails: Thumbnails,
  actions: RegionActions,
): Promise<Node[]> {
  const { regions, region } = state;
  const parts: Node[] = [tools(state, actions)];
  if (state.served?.isReadOnly && regions.length) {
    parts.push(note("The server writes nothing (--read-only): export what you want to keep."));
  }
  if (!regions.length) return [...parts, note(HOW_TO_DRAW)];
  parts.push(regionList(state, actions));
  if (!region) {
    parts.push(note("Click the name of a region to see its markers here and its spectrum above."));
    return parts;
  }
  return [...parts, ...(await markersOf(state, api, region, thumbnails, actions.choose))];
}

function tools(state: State, actions: RegionActions): HTMLElement {
  const options = Array.from({ length: MAX_SEGMENTS - 1 }, (_, i) =>
    element("option", { value: i + 2 }, String(i + 2)),
  );
  const number = element(
    "select",
    { id: "n-segments", "aria-label": "Number of segments" },
    element("option", { value: "" }, "best number"),
    ...options,
  );
  const segment = toolButton("segment", "Segment", () =>
    actions.segment(number.value ? Number(number.value) : undefined),
  );
  const file = element("input", {
    type: "file",
    id: "region-file",
    accept: ".geojson,.json",
    hidden: true,
    "aria-label": "GeoJSON of regions",
  });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen) actions.load(chosen);
  });
  const none = !state.regions.length;
  const save = element(
    "button",
    { type: "button", id: "save-regions", disabled: none, onclick: () => saveRegions(state) },
    "Export",
  );
  const clear = element(
    "button",
    { type: "button", id: "clear-regions", disabled: none, onclick: () => actions.clear() },
    "Delete all",
  );
  const load = toolButton("load-regions", "Import", () => file.click());
  return toolbar(element("span", { class: "group" }, segment, number), file, load, save, clear);
}

function regionList(state: State, actions: RegionActions): HTMLElement {
  const heads = ["", "Region", "Pixels", "Mean", "With signal", ""].map((title, i) =>
    element("th", { scope: "col", class: i > 1 && i < 5 ? "number" : "" }, title || unseen(i)),
  );
  const rows = state.regions.map((region) => regionRow(state, region, actions));
  const table = tableOf(heads, rows);
  table.id = "regions";
  return table;
}

function unseen(i: number): HTMLElement {
  return element("span", { class: "unseen" }, i ? "Delete" : "Colour");
}

function regionRow(state: State, region: Region, actions: RegionActions): HTMLElement {
  const { name } = region;
  const color = element("input", {
    type: "color",
    value: region.color,
    "aria-label": `Colour of ${name}`,
  });
  color.addEventListener("change", () => {
    region.color = color.value;
    actions.changed();
  });
  const renamed = element("input", {
    type: "text",
    class: "region-name",
    value: name,
    maxlength: 100,
    "aria-label": `Name of ${name}`,
  });
  renamed.addEventListener("change", () => {
    region.name = renamed.value.trim() || region.name;
    actions.changed();
  });
  const isSelected = region === state.region;
  const select = element(
    "button",
    {
      type: "button",
      class: "select-region",
      "aria-pressed": isSelected ? "true" : "false",
      "aria-label": `Markers and spectrum of ${name}`,
      title: "Markers and spectrum",
      onclick: () => actions.select(region),
    },
    isSelected ? "●" : "○",
  );
  const remove = element(
    "button",
    { type: "button", "aria-label": `Delete ${name}`, onclick: () => actions.remove(region) },
    "×",
  );
  const { n, mean, share } = statistics(state, region);
  const number = (text: string) => element("td", { class: "number" }, text);
  return element(
    "tr",
    { "data-region": name, "aria-selected": String(isSelected) },
    element("td", {}, color),
    element("td", {}, element("span", { class: "group" }, select, renamed)),
    number(n.toLocaleString("en")),
    number(mean === undefined ? "–" : amount(mean)),
    number(share === undefined ? "–" : percent(share)),
    element("td", {}, remove),
  );
}

/** Pixels of a region, and the mean of the image that is shown over them. */
function statistics(
  { dataset, intensities }: State,
  region: Region,
): { n: number; mean?: number; share?: number } {
  const width = dataset?.width ?? 0;
  const pixels = pixelsOf(region.rings, width, dataset?.height ?? 0);
  const n = pixels.length;
  if (!intensities || !n) return { n };
  const values = pixels.map(([x, y]) => intensities.get(y * width + x) ?? 0);
  const sum = values.reduce((a, b) => a + b, 0);
  return { n, mean: sum / n, share: values.filter((value) => value > 0).length / n };
}

async function markersOf(
  state: State,
  api: Api,
  region: Region,
  thumbnails: Thumbnails,
  choose: ChooseIon,
): Promise<Node[]> {
  const { dataset, fdr, normalization } = state.choices;
  let found: Markers;
  try {
    found = await api.markers(toGeoJson([region]), { dataset, fdr, normalization });
  } catch (error) {
    const { message, hint } = error as Partial<Problem> & Error;
    return [note(hint ? `${message}. ${hint}` : message)];
  }
  const markers = found.regions[0]?.markers ?? [];
  for (const { ion, moleculeNames } of markers) state.names.learn(ion, moleculeNames);
  const rows = markers
    .slice(0, MAX_ROWS)
    .map(({ ion, auc, log2FoldChange, meanInside, meanOutside }): IonRow => [
      ion,
      auc.toFixed(3),
      log2FoldChange?.toFixed(2) ?? "–",
      `${amount(meanInside)} / ${amount(meanOutside)}`,
    ]);
  const titles = ["Molecule and ion", "AUC", "log₂ fold", "Inside / outside"];
  const title = `Markers of ${region.name}, of ${counted(found.nIons, "ion")}`;
  return [
    toolbar(
      element("h3", {}, title),
      toolButton("save-markers", "CSV", () => saveMarkers(state, found)),
    ),
    note(WHAT_AUC_MEANS),
    ...divisionNote(state),
    ionTable(titles, rows, { names: state.names, choose, thumbnails }),
  ];
}

// The panel that compares: the image of an ion or m/z in every results folder that is served.

import type { Api, Dataset, Picture } from "../api.ts";
import { element } from "../dom.ts";
import { amount, percent, windowName } from "../format.ts";
import { drawWhole } from "../image/layers.ts";
import { imageSize } from "../image/viewport.ts";
import { type State, imageQuery, windowPpm } from "../state.ts";
import { note } from "./ion-table.ts";

/** Rows in which an ion is looked for by its name. */
const MAX_FOUND = 20;

/** A figure for each dataset, filled when its image comes. */
export function comparePanel(state: State, api: Api): Node[] {
  if (!state.choices.ion && !state.choices.mz)
    return [note("No ion is selected: choose one in the table.")];
  const datasets = state.served?.datasets ?? [];
  if (datasets.length < 2) {
    const text =
      "One results folder is served. metaspace serve A B shows an ion of several side by side.";
    return [note(text)];
  }
  const figures = datasets.map((dataset) => figure(state, api, dataset));
  const rows = element("tbody", {}, element("tr", {}, element("td", {}, "…")));
  void fillShared(state, api, rows);
  return [
    element("h3", {}, "In every results folder"),
    element("div", { class: "figures" }, ...figures),
    element("h3", {}, `Ions in common at FDR ${percent(state.choices.fdr)}`),
    element("table", { id: "shared" }, rows),
  ];
}

/** A row for each set of results that have ions in common which no other has. */
async function fillShared(state: State, api: Api, rows: HTMLElement): Promise<void> {
  try {
    const { results, combinations } = await api.shared({ fdr: state.choices.fdr, limit: 0 });
    const which = (names: string[]) => {
      if (names.length === results.length) return "in all";
      return names.length === 1 ? `only in ${names[0]}` : `only in ${names.join(", ")}`;
    };
    const found = combinations.map((combination) =>
      element(
        "tr",
        {},
        element("td", { class: "number" }, combination.nIons.toLocaleString("en")),
        element("td", {}, which(combination.results)),
      ),
    );
    rows.replaceChildren(...found);
  } catch (error) {
    rows.replaceChildren(element("tr", {}, element("td", {}, (error as Error).message)));
  }
}

function figure(state: State, api: Api, dataset: Dataset): HTMLElement {
  const canvas = element("canvas", {
    width: dataset.width,
    height: dataset.height,
    role: "img",
    "aria-label": `${shownName(state)} in ${dataset.id}`,
  });
  const caption = element("span", { class: "quiet" }, "…");
  void fill(state, api, dataset, canvas, caption);
  return element(
    "figure",
    { "data-dataset": dataset.id },
    canvas,
    element("figcaption", {}, element("strong", {}, dataset.id), " ", caption),
  );
}

/** What is compared. */
function shownName(state: State): string {
  const { ion, mz } = state.choices;
  return mz ? windowName(mz, windowPpm(state)) : ion;
}

async function fill(
  state: State,
  api: Api,
  dataset: Dataset,
  canvas: HTMLCanvasElement,
  caption: HTMLElement,
): Promise<void> {
  try {
    const found = await imageIn(state, api, dataset.id);
    if (!found) {
      canvas.classList.add("absent");
      caption.textContent = "not annotated here";
      return;
    }
    const [{ picture }, pixels] = found;
    drawWhole(canvas, picture, imageSize(dataset).stretch);
    const largest = pixels.intensity.reduce((a, b) => Math.max(a, b), 0);
    caption.textContent = `${pixels.x.length.toLocaleString("en")} pixels, largest ${amount(largest)}`;
  } catch (error) {
    canvas.classList.add("absent");
    caption.textContent = (error as Error).message;
  }
}

/** Image and pixels of what is compared in a dataset; nothing if it is an ion that is not there. */
async function imageIn(
  state: State,
  api: Api,
  dataset: string,
): Promise<[Picture, { x: number[]; intensity: number[] }] | undefined> {
  const { ion, isotope, mz } = state.choices;
  const query = { ...imageQuery(state.choices), dataset };
  if (mz) {
    const window = { ppm: windowPpm(state) };
    const { dataset: _, ...drawn } = query;
    return Promise.all([
      api.mzImage(dataset, mz, { ...drawn, ...window }),
      api.mzPixels(dataset, mz, window),
    ]);
  }
  const { rows } = await api.annotations({ dataset, q: ion, limit: MAX_FOUND });
  if (!rows.some((row) => row.ion === ion)) return undefined;
  return Promise.all([api.image(ion, isotope, query), api.pixels(ion, { dataset, isotope })]);
}

// The panel that compares: the image of an ion in every results folder that is served.

import type { Api, Dataset } from "../api.ts";
import { Problem } from "../client.ts";
import { element } from "../dom.ts";
import { amount } from "../format.ts";
import { type State, imageQuery } from "../state.ts";
import { note } from "./ion-table.ts";

/** A figure for each dataset, filled when its image comes. */
export function comparePanel(state: State, api: Api): Node[] {
  if (!state.choices.ion) return [note("No ion is selected: choose one in the table.")];
  const datasets = state.served?.datasets ?? [];
  if (datasets.length < 2) {
    const text =
      "One results folder is served. metaspace serve A B shows an ion of several side by side.";
    return [note(text)];
  }
  const figures = datasets.map((dataset) => figure(state, api, dataset));
  return [
    element("h3", {}, "In every results folder"),
    element("div", { class: "figures" }, ...figures),
  ];
}

function figure(state: State, api: Api, dataset: Dataset): HTMLElement {
  const canvas = element("canvas", {
    width: dataset.width,
    height: dataset.height,
    role: "img",
    "aria-label": `${state.choices.ion} in ${dataset.id}`,
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

async function fill(
  { choices }: State,
  api: Api,
  dataset: Dataset,
  canvas: HTMLCanvasElement,
  caption: HTMLElement,
): Promise<void> {
  const { ion, isotope } = choices;
  try {
    const [{ picture }, pixels] = await Promise.all([
      api.image(ion, isotope, { ...imageQuery(choices), dataset: dataset.id }),
      api.pixels(ion, { dataset: dataset.id, isotope }),
    ]);
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
    const largest = pixels.intensity.reduce((a, b) => Math.max(a, b), 0);
    caption.textContent = `${pixels.x.length.toLocaleString("en")} pixels, largest ${amount(largest)}`;
  } catch (error) {
    canvas.classList.add("absent");
    const isAbsent = error instanceof Problem && error.status === 404;
    caption.textContent = isAbsent ? "not annotated here" : (error as Error).message;
  }
}

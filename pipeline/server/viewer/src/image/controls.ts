// The controls below the ion image: how it is drawn, and what a click does.

import { debounce } from "../debounce.ts";
import { byId, element, setOptions } from "../dom.ts";
import { splitNormalization } from "../format.ts";
import type { Choices, State } from "../state.ts";
import type { Tool } from "../regions/pen.ts";
import type { ImageCanvas } from "./canvas.ts";
import { addChannel } from "./channels.ts";

/** How long a control must rest until the image is drawn anew. */
const REDRAW_AFTER_MS = 40;

const TOOLS: Tool[] = ["pan", "region", "rectangle", "brush", "align", "points"];

/** Lets the controls change the state; `changed` draws the image anew. */
export function bindControls(state: State, canvas: ImageCanvas, changed: () => void): void {
  const { choices } = state;
  const redraw = debounce(REDRAW_AFTER_MS, changed);
  const bind = (id: string, value: string | number, choose: (value: string) => void) => {
    const control = byId<HTMLSelectElement | HTMLInputElement>(id);
    control.value = String(value);
    control.addEventListener("input", () => {
      choose(control.value);
      redraw();
    });
  };
  bind("colormap", choices.colormap, (value) => (choices.colormap = value));
  bind("scale", choices.scale, (value) => (choices.scale = value as Choices["scale"]));
  const normalization = byId<HTMLSelectElement>("normalization");
  offerNormalization(state);
  normalization.addEventListener("input", () => {
    const { ion, mz } = choices;
    const shown = mz ? `mz=${mz}` : `ion=${ion}`;
    choices.normalization = normalization.value === "shown" ? shown : normalization.value;
    offerNormalization(state);
    redraw();
  });
  bind("hotspot", choices.hotspot, (value) => (choices.hotspot = Number(value)));
  bind("opacity", choices.opacity, (value) => (choices.opacity = Number(value)));
  bind("isotope", choices.isotope, (value) => (choices.isotope = Number(value)));
  byId<HTMLInputElement>("plane").addEventListener("input", (event) => {
    choices.plane = Number((event.target as HTMLInputElement).value);
    offerPlanes(state);
    canvas.fitWhole();
    redraw();
  });
  for (const tool of TOOLS) {
    byId(`tool-${tool}`).addEventListener("click", () => selectTool(canvas, tool));
  }
  byId("add-channel").addEventListener("click", () => {
    addChannel(state);
    redraw();
  });
}

/** Offers the colormaps that the server has. */
export function offerColormaps({ choices, served }: State): void {
  const names = Object.keys(served?.colormaps ?? {});
  const options = names.map((name): [string, string] => [name, name.replace("-", " ")]);
  setOptions(byId<HTMLSelectElement>("colormap"), options, choices.colormap);
}

/** Offers the isotopes that the dataset has images of. */
export function offerIsotopes({ choices, dataset }: State): void {
  const options = Array.from({ length: dataset?.nIsotopes ?? 0 }, (_, i): [string, string] => [
    String(i),
    i ? `${i}` : "0 (first)",
  ]);
  setOptions(byId<HTMLSelectElement>("isotope"), options, String(choices.isotope));
}

/** Shows by what intensities are divided, also where that is an ion or an m/z. */
export function offerNormalization({ choices, names }: State): void {
  const select = byId<HTMLSelectElement>("normalization");
  select.querySelector("[data-own]")?.remove();
  const [kind, of] = splitNormalization(choices.normalization);
  if (of) {
    const text = kind === "ion" ? names.plain(of) : `m/z ${Number(of).toFixed(4)}`;
    select.append(element("option", { value: choices.normalization, "data-own": "" }, text));
  }
  select.value = choices.normalization;
}

/** Offers the planes of the dataset, where it has several. */
export function offerPlanes({ choices, dataset }: State): void {
  const planes = dataset?.planes ?? [];
  if (choices.plane > planes.length || planes.length < 2) choices.plane = 0;
  byId("planes").hidden = planes.length < 2;
  const slider = byId<HTMLInputElement>("plane");
  slider.max = String(planes.length);
  slider.value = String(choices.plane);
  const name = planes[choices.plane - 1];
  const text = name ? `z ${name.z}` : "all";
  byId("plane-name").textContent = text;
  slider.setAttribute("aria-valuetext", text);
}

export function selectTool(canvas: ImageCanvas, tool: Tool): void {
  canvas.use(tool);
  for (const other of TOOLS) {
    byId(`tool-${other}`).setAttribute("aria-pressed", String(other === tool));
  }
}

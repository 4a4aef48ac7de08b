// The controls below the ion image: how it is drawn, and what a click does.

import { debounce } from "../debounce.ts";
import { byId, setOptions } from "../dom.ts";
import type { Choices, State } from "../state.ts";
import type { Tool } from "../regions/pen.ts";
import type { ImageCanvas } from "./canvas.ts";
import { addChannel } from "./channels.ts";

/** How long a control must rest until the image is drawn anew. */
const REDRAW_AFTER_MS = 40;

const TOOLS: Tool[] = ["pan", "region", "rectangle", "brush"];

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
  bind("normalization", choices.normalization, (value) => {
    choices.normalization = value as Choices["normalization"];
  });
  bind("hotspot", choices.hotspot, (value) => (choices.hotspot = Number(value)));
  bind("opacity", choices.opacity, (value) => (choices.opacity = Number(value)));
  bind("isotope", choices.isotope, (value) => (choices.isotope = Number(value)));
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

function selectTool(canvas: ImageCanvas, tool: Tool): void {
  canvas.use(tool);
  for (const other of TOOLS) {
    byId(`tool-${other}`).setAttribute("aria-pressed", String(other === tool));
  }
}

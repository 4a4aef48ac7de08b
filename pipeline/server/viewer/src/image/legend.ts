// The legend below the ion image: the colours from no intensity to the brightest.

import { byId, element } from "../dom.ts";
import { amount } from "../format.ts";
import type { State } from "../state.ts";

const WIDTH = 120;
const HEIGHT = 10;

/** Shows the colours, and the intensity of the brightest one where it is known. */
export function showLegend({ choices, served }: State, ceiling: number | undefined): void {
  const { colormap, channels, scale, hotspot } = choices;
  const legend = byId("legend");
  if (channels.length) {
    legend.replaceChildren(`${channels.length} channels, ${scale} scale`);
    return;
  }
  const ramp = colorRamp(colormap, served?.colormaps[colormap] ?? []);
  const atLeast = hotspot < 1 ? "≥ " : "";
  legend.replaceChildren("0 ", ramp, ceiling === undefined ? "" : ` ${atLeast}${amount(ceiling)}`);
}

function colorRamp(colormap: string, colors: string[]): HTMLCanvasElement {
  const ramp = element("canvas", {
    width: WIDTH,
    height: HEIGHT,
    role: "img",
    "aria-label": `Colours from low to high: ${colormap}`,
  });
  const context = ramp.getContext("2d");
  colors.forEach((color, i) => {
    if (!context) return;
    context.fillStyle = color;
    // One point wider, so that no gap shows between two colours.
    context.fillRect((i * WIDTH) / colors.length, 0, WIDTH / colors.length + 1, HEIGHT);
  });
  return ramp;
}

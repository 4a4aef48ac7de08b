// How far the peak of an ion is from its m/z, over the image.

import type { Api, MzErrors } from "../api.ts";
import { element } from "../dom.ts";
import { signed } from "../format.ts";
import type { State } from "../state.ts";
import { note, toolButton } from "./ion-table.ts";

/** Below, at and above the theoretical m/z: blue, white, red. */
const BELOW = [33, 102, 172] as const;
const AT = [247, 247, 247] as const;
const ABOVE = [178, 24, 43] as const;

/** The picture and what to say of it, which come later; at once only where that takes no reading of the
 * whole dataset. */
export function mzErrorPart(state: State, api: Api, mz: number): Node[] {
  const place = element("div", { id: "mz-errors" });
  const load = () => void fill(place, state, api, mz);
  if (state.dataset?.hasPeaks) load();
  else place.append(toolButton("load-errors", "Read the dataset for it", load));
  return [element("h3", {}, "m/z error over the image"), place];
}

async function fill(place: HTMLElement, state: State, api: Api, mz: number): Promise<void> {
  place.replaceChildren(note("Reading the peaks…"));
  try {
    place.replaceChildren(...figure(await api.mzErrors(state.choices.dataset, mz)));
  } catch (error) {
    place.replaceChildren(note((error as Error).message));
  }
}

function figure({ width, height, x, y, errorPpm, ppm }: MzErrors): Node[] {
  if (!errorPpm.length) return [note("No pixel has a peak within the window.")];
  const sorted = [...errorPpm].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  const canvas = element("canvas", {
    width,
    height,
    class: "error-image",
    role: "img",
    "aria-label": `m/z error of each pixel, median ${signed(median)} ppm`,
  });
  const context = canvas.getContext("2d");
  const image = context?.createImageData(width, height);
  errorPpm.forEach((error, i) => {
    const at = 4 * ((y[i] ?? 0) * width + (x[i] ?? 0));
    image?.data.set([...errorColor(error / ppm), 255], at);
  });
  if (context && image) context.putImageData(image, 0, 0);
  const low = sorted[Math.floor(sorted.length * 0.1)] ?? median;
  const high = sorted[Math.floor(sorted.length * 0.9)] ?? median;
  const text = `Median ${signed(median)} ppm; eight of ten pixels between ${signed(low)} and ${signed(high)}. Blue is −${Number(ppm.toPrecision(3))} ppm, white 0, red +${Number(ppm.toPrecision(3))}.`;
  return [canvas, note(text)];
}

/** The colour of an error as a share of the window's half-width. */
export function errorColor(share: number): [number, number, number] {
  const end = share < 0 ? BELOW : ABOVE;
  const t = Math.min(1, Math.abs(share));
  const mix = (i: 0 | 1 | 2) => Math.round(AT[i] + (end[i] - AT[i]) * t);
  return [mix(0), mix(1), mix(2)];
}

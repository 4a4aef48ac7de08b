// The readout below the ion image: the pixel under the pointer and its intensity.

import { byId } from "../dom.ts";
import { amount } from "../format.ts";
import type { State } from "../state.ts";
import type { Place } from "./canvas.ts";

/** Shows the intensity at a pixel; nothing where there is none, or while it is loading. */
export function showReadout(state: State, place: Place | undefined): void {
  byId("readout").textContent = place ? readout(state, place) : "";
}

function readout({ dataset, intensities }: State, [x, y]: Place): string {
  if (!dataset || !intensities) return "";
  return `x ${x}, y ${y}: ${amount(intensities.get(y * dataset.width + x) ?? 0)}`;
}

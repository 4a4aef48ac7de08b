// The name of an ion as chemists write it.

import { el } from "./dom.ts";
import { formulaParts } from "./format.ts";

export function ionName(ion: string): HTMLElement {
  const parts = formulaParts(ion).map(([text, isLow]) => (isLow ? el("sub", {}, text) : text));
  return el("span", { class: "ion", "data-ion": ion }, ...parts);
}

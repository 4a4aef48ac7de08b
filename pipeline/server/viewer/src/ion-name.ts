// The name of an ion as chemists write it.

import { element } from "./dom.ts";
import { formulaParts } from "./format.ts";

export function ionName(ion: string): HTMLElement {
  const parts = formulaParts(ion).map(([text, isLow]) => (isLow ? element("sub", {}, text) : text));
  return element("span", { class: "ion", "data-ion": ion }, ...parts);
}

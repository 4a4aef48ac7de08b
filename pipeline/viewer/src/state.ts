// What the user has chosen, and the part of it that stands in the address.

import { DEFAULTS } from "./defaults.ts";

export interface Channel {
  ion: string;
  color: string;
  opacity: number;
}

export interface State {
  dataset: string;
  fdr: number;
  q: string;
  adduct: string;
  class: string;
  sort: string;
  offset: number;
  ion: string;
  isotope: number;
  colormap: string;
  scale: string;
  hotspot: number;
  normalization: string;
  opacity: number;
  measure: string;
  tab: string;
  channels: Channel[];
}

export const START: State = {
  dataset: "",
  fdr: DEFAULTS.partners.fdr,
  q: "",
  adduct: "",
  class: "",
  sort: DEFAULTS.annotations.sort,
  offset: DEFAULTS.annotations.offset,
  ion: "",
  isotope: DEFAULTS.pixels.isotope,
  colormap: DEFAULTS.image.colormap,
  scale: "linear",
  hotspot: DEFAULTS.image.hotspot,
  normalization: "none",
  opacity: 1,
  measure: DEFAULTS.partners.measure,
  tab: "ion",
  channels: [],
};

type Plain = Exclude<keyof State, "channels">;

const KEYS = Object.keys(START).filter((key): key is Plain => key !== "channels");

/** What differs from the start, as it stands behind the # of an address. */
export function toHash(state: State): string {
  const parts = KEYS.filter((key) => state[key] !== START[key]).map(
    (key) => `${key}=${encodeURIComponent(String(state[key]))}`,
  );
  if (state.channels.length) {
    const list = state.channels.map(({ ion, color, opacity }) =>
      [ion, color.slice(1), opacity].join("~"),
    );
    parts.push(`channels=${encodeURIComponent(list.join("|"))}`);
  }
  return parts.join("&");
}

/** The state of an address; what cannot be understood is left as it is at the start. */
export function fromHash(hash: string): State {
  const state: State = { ...START, channels: [] };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, "").replaceAll("+", "%2B"))) {
    if (key === "channels") {
      state.channels = value.split("|").flatMap((text) => {
        const [ion, color, opacity] = text.split("~");
        const isColor = color !== undefined && /^[0-9a-f]{6}$/.test(color);
        const share = Number(opacity);
        return ion && isColor && share >= 0 && share <= 1
          ? [{ ion, color: `#${color}`, opacity: share }]
          : [];
      });
    } else if (KEYS.includes(key as Plain)) {
      const known = key as Plain;
      if (typeof START[known] === "number") {
        if (value !== "" && Number.isFinite(Number(value)))
          Object.assign(state, { [known]: Number(value) });
      } else {
        Object.assign(state, { [known]: value });
      }
    }
  }
  return state;
}

/** The order of a column that is clicked: ascending, then descending, then that of the file. */
export function nextSort(sort: string, column: string, startsDown: boolean): string {
  const [first, second] = startsDown ? [`-${column}`, column] : [column, `-${column}`];
  if (sort === first) return second;
  return sort === second ? DEFAULTS.annotations.sort : first;
}

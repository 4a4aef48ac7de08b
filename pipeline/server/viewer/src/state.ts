// The state of the viewer: what the user chose, and what the server answered.

import type { Annotation, Dataset, Markers, Partners, Query, Served, Spectrum } from "./api.ts";
import { DEFAULTS } from "./defaults.ts";
import type { Region } from "./image/region.ts";

/** An ion of a composite. */
export interface Channel {
  ion: string;
  color: string;
  opacity: number;
}

/** What the user chose. It stands in the address, so that a link shows the same. */
export interface Choices {
  dataset: string;
  fdr: number;
  q: string;
  adduct: string;
  class: string;
  /** "on": only what lies on the tissue and is no ion of the matrix. */
  sample: string;
  sort: string;
  offset: number;
  ion: string;
  isotope: number;
  colormap: string;
  scale: NonNullable<Query<"image">["scale"]>;
  hotspot: number;
  normalization: NonNullable<Query<"image">["normalization"]>;
  opacity: number;
  measure: string;
  tab: string;
  channels: Channel[];
}

export const START: Choices = {
  dataset: "",
  fdr: DEFAULTS.partners.fdr,
  q: "",
  adduct: "",
  class: "",
  sample: "",
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

/** All that more than one view shows. A view changes only what the user chooses in it. */
export interface State {
  readonly choices: Choices;
  served: Served | undefined;
  /** The dataset that is shown, one of those served. */
  dataset: Dataset | undefined;
  /** The annotation that is shown. */
  row: Annotation | undefined;
  /** Intensity of each pixel of the image that has a signal, by `y × width + x`. */
  intensities: Map<number, number> | undefined;
  partners: Partners | undefined;
  spectrum: Spectrum | undefined;
  markers: Markers | undefined;
  /** The regions that the user drew. */
  regions: Region[];
}

/** The state before anything was answered. */
export function initialState(choices: Choices): State {
  return {
    choices,
    served: undefined,
    dataset: undefined,
    row: undefined,
    intensities: undefined,
    partners: undefined,
    spectrum: undefined,
    markers: undefined,
    regions: [],
  };
}

/** Shows another dataset, of which nothing is known yet. */
export function resetDataset(state: State, dataset: Dataset): void {
  Object.assign(state, { ...initialState(state.choices), served: state.served, dataset });
}

/** How the server is asked to draw an image. */
export function imageQuery(choices: Choices): Query<"image"> {
  const { dataset, colormap, scale, hotspot, normalization } = choices;
  return { dataset, colormap, scale, hotspot, normalization };
}

// The state of the viewer: what the user chose, and what the server answered.

import type { Annotation, Dataset, Partners, Query, Served } from "./api.ts";
import { DEFAULTS } from "./defaults.ts";
import { splitNormalization } from "./format.ts";
import { Names } from "./names.ts";
import type { Placement } from "./optical/placement.ts";
import type { Region, Ring } from "./regions/region.ts";

/** Half-width of a window in ppm where no dataset says one. */
const DEFAULT_PPM = 3;

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
  /** The first row of the table that is seen. */
  offset: number;
  /** Keys of the columns of the table with commas; empty for the usual ones. */
  columns: string;
  ion: string;
  isotope: number;
  /** m/z whose image is shown in place of the ion's; 0 for that of the ion. */
  mz: number;
  /** Half-width of the window around that m/z in ppm; 0 for that of the annotation. */
  ppm: number;
  colormap: string;
  scale: NonNullable<Query<"image">["scale"]>;
  hotspot: number;
  /** "none", "tic", "rms", "median", or by an ion or m/z: "ion=…", "mz=…". */
  normalization: string;
  opacity: number;
  /** The plane that is shown, from 1; 0 for all. */
  plane: number;
  measure: string;
  tab: string;
  /** "off": the spectrum above the panes is folded. */
  strip: string;
  /** "off": the outline of the tissue is not drawn. */
  outline: string;
  /** Where the optical image is shown. */
  optical: "over" | "under" | "off";
  opticalOpacity: number;
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
  columns: "",
  ion: "",
  isotope: DEFAULTS.pixels.isotope,
  mz: 0,
  ppm: 0,
  colormap: DEFAULTS.image.colormap,
  scale: "linear",
  hotspot: DEFAULTS.image.hotspot,
  normalization: "none",
  opacity: 1,
  plane: 0,
  measure: DEFAULTS.partners.measure,
  tab: "ion",
  strip: "on",
  outline: "on",
  optical: "over",
  opticalOpacity: 0.5,
  channels: [],
};

/** An optical image of the section, and where it lies on the ion images. */
export interface OpticalImage {
  name: string;
  /** Columns and rows of the file, of whose pixels the placement speaks. */
  width: number;
  height: number;
  placement: Placement;
  /** The picture, which may have fewer pixels. */
  picture: ImageBitmap;
}

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
  /** The pixel whose spectrum is shown. */
  pixel: [number, number] | undefined;
  /** The regions of the dataset. */
  regions: Region[];
  /** Outlines of the tissue; none where no slide is seen around it. */
  tissue: Ring[];
  /** The optical image of the dataset, if it has one. */
  optical: OpticalImage | undefined;
  /** The region whose markers, and whose spectrum, are shown. */
  region: Region | undefined;
  /** What people call ions. */
  readonly names: Names;
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
    pixel: undefined,
    regions: [],
    tissue: [],
    optical: undefined,
    region: undefined,
    names: new Names(),
  };
}

/** Shows another dataset, of which nothing is known yet. */
export function resetDataset(state: State, dataset: Dataset): void {
  const { choices, served, names } = state;
  names.forget();
  Object.assign(state, { ...initialState(choices), served, dataset, names });
}

/** Half-width in ppm of the window around the m/z that is shown. */
export function windowPpm({ choices, dataset }: State): number {
  return choices.ppm || dataset?.ppm || DEFAULT_PPM;
}

/** By what intensities are divided, in words; empty where they are as they are. */
export function divisorOf({ choices, names }: State): string {
  if (choices.normalization === "none") return "";
  const [kind, of] = splitNormalization(choices.normalization);
  if (of) return kind === "ion" ? names.plain(of) : `m/z ${of}`;
  return kind === "median" ? "the median" : kind.toUpperCase();
}

/** How the server is asked to draw an image. */
export function imageQuery(choices: Choices): Query<"image"> {
  const { dataset, colormap, scale, hotspot, normalization } = choices;
  return { dataset, colormap, scale, hotspot, normalization };
}

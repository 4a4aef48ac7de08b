// Keeps the regions of a dataset beside its results, and makes regions of files and of the data.

import type { Api, RegionSet } from "../api.ts";
import { debounceEach } from "../debounce.ts";
import { answerOf, notify } from "../notice.ts";
import type { State } from "../state.ts";
import { fromGeoJson, toGeoJson } from "./geojson.ts";
import { type Region, freeColor, freeName, outlinesOf, placesOf } from "./region.ts";

/** How long regions must rest until they are sent. */
const KEEP_AFTER_MS = 300;

export class RegionKeeper {
  /** Keeps regions as they were, though another dataset may be shown by then. */
  private readonly keep: (dataset: string, regions: RegionSet) => void;

  constructor(
    private readonly state: State,
    private readonly api: Api,
  ) {
    this.keep = debounceEach(
      KEEP_AFTER_MS,
      (dataset, regions: RegionSet) => void answerOf(this.api.keepRegions(dataset, regions)),
    );
  }

  /** Loads the regions of the dataset. */
  async load(): Promise<void> {
    const { dataset } = this.state.choices;
    const found = await answerOf(this.api.regions(dataset));
    if (!found || dataset !== this.state.choices.dataset) return;
    this.state.regions = fromGeoJson(found);
    this.state.region = undefined;
  }

  /** Loads where the tissue is. */
  async loadTissue(): Promise<void> {
    const { dataset } = this.state.choices;
    const found = await answerOf(this.api.tissue(dataset));
    if (!found || dataset !== this.state.choices.dataset) return;
    this.state.tissue = outlinesOf(placesOf(found.runs ?? []), found.width);
  }

  /** The regions changed. */
  changed(): void {
    const { choices, regions, served } = this.state;
    if (!served?.isReadOnly) this.keep(choices.dataset, toGeoJson(regions));
  }

  /** Adds a region for each segment that the data have. Returns whether there were some. */
  async segment(n: number | undefined): Promise<boolean> {
    const { choices, regions } = this.state;
    const query = n === undefined ? { fdr: choices.fdr } : { fdr: choices.fdr, n };
    const found = await answerOf(this.api.segments(choices.dataset, query));
    if (!found) return false;
    const pixels = found.sizes.map(() => new Set<number>());
    found.segments.forEach((segment, place) => pixels[segment - 1]?.add(place));
    for (const segment of pixels) {
      const name = freeName(regions, "segment");
      regions.push({ name, color: freeColor(regions), rings: outlinesOf(segment, found.width) });
    }
    this.changed();
    return true;
  }

  /** Adds the regions of a GeoJSON file. Returns whether it was one. */
  async import(file: File): Promise<boolean> {
    const { regions } = this.state;
    let found: Region[];
    try {
      found = fromGeoJson(JSON.parse(await file.text()));
    } catch {
      notify(`${file.name} is no GeoJSON of polygons in pixels.`);
      return false;
    }
    regions.push(...found);
    this.changed();
    return true;
  }
}

// The requests that the server answers, one method each, and the types of the answers.

import type { components, operations } from "./api-types.ts";
import { type Client, queryString } from "./client.ts";

type Schemas = components["schemas"];

export type Dataset = Schemas["DatasetRow"];
export type Served = Schemas["DatasetList"];
export type Annotation = Schemas["Annotation"];
export type AnnotationPage = Schemas["AnnotationPage"];
export type Pixels = Schemas["PixelAnswer"];
export type Spectrum = Schemas["SpectrumAnswer"];
export type Partners = Schemas["PartnerList"];
export type Markers = Schemas["MarkerAnswer"];
export type MeanSpectrum = Schemas["MeanAnswer"];
export type RegionSet = Schemas["RegionSet"];
export type Segments = Schemas["SegmentAnswer"];
export type Shared = Schemas["SharedIons"];
export type Tissue = Schemas["TissueAnswer"];
export type MzErrors = Schemas["MzErrorAnswer"];
export type Candidates = Schemas["CandidateAnswer"];
export type OpticalAnswer = Schemas["OpticalAnswer"];
export type Unexplained = Schemas["UnexplainedAnswer"];

/** Places of an image, and their intensities. */
export type PixelPlaces = Pick<Pixels, "x" | "y" | "width" | "intensity">;

/** Annotations of a page, at most. */
const MAX_PAGE = 1_000;

/** The type of regions. */
const GEOJSON = "application/geo+json";

/** Parameters of an operation behind the question mark. */
export type Query<Name extends keyof operations> = NonNullable<
  operations[Name]["parameters"]["query"]
>;

/** An ion image as the server draws it, a pixel a pixel. */
export interface Picture {
  picture: ImageBitmap;
  /** Intensity of the brightest colour. */
  ceiling: number;
}

function ionPath(ion: string): string {
  return `ions/${encodeURIComponent(ion)}`;
}

function datasetPath(id: string): string {
  return `datasets/${encodeURIComponent(id)}`;
}

export class Api {
  constructor(private readonly client: Client) {}

  datasets(): Promise<Served> {
    return this.json("datasets");
  }

  annotations(query: Query<"annotations">, signal?: AbortSignal): Promise<AnnotationPage> {
    return this.json(`annotations${queryString(query)}`, signal);
  }

  /** The first annotations that match, however many pages they are. */
  async firstAnnotations(query: Query<"annotations">, most: number): Promise<AnnotationPage> {
    const limit = Math.min(most, MAX_PAGE);
    const first = await this.annotations({ ...query, offset: 0, limit });
    while (first.rows.length < Math.min(most, first.nMatching)) {
      const offset = first.rows.length;
      const next = await this.annotations({ ...query, offset, limit });
      if (!next.rows.length) break;
      first.rows.push(...next.rows);
    }
    return first;
  }

  /** What was searched for near an m/z, and what came of it. */
  candidates(dataset: string, query: Query<"candidates">): Promise<Candidates> {
    return this.json(`${datasetPath(dataset)}/candidates${queryString(query)}`);
  }

  /** All annotations that match, as CSV. */
  annotationTable(query: Query<"annotations">): Promise<Blob> {
    return this.blob(`annotations${queryString({ ...query, format: "csv" })}`);
  }

  image(
    ion: string,
    isotope: number,
    query: Query<"image">,
    signal?: AbortSignal,
  ): Promise<Picture> {
    return this.picture(`${ionPath(ion)}/images/${isotope}.png${queryString(query)}`, signal);
  }

  /** The image of a window of m/z. */
  mzImage(
    dataset: string,
    mz: number,
    query: Query<"mz_image">,
    signal?: AbortSignal,
  ): Promise<Picture> {
    return this.picture(`${datasetPath(dataset)}/mz/${mz}.png${queryString(query)}`, signal);
  }

  mzPixels(
    dataset: string,
    mz: number,
    query: Query<"mz_pixels">,
    signal?: AbortSignal,
  ): Promise<PixelPlaces> {
    return this.json(`${datasetPath(dataset)}/mz/${mz}/pixels${queryString(query)}`, signal);
  }

  /** The pixels of a window of m/z that have a signal, as CSV. */
  mzPixelTable(dataset: string, mz: number, query: Query<"mz_pixels">): Promise<Blob> {
    const parameters = queryString({ ...query, format: "csv" });
    return this.blob(`${datasetPath(dataset)}/mz/${mz}/pixels${parameters}`);
  }

  /** How far peaks of the window of the annotation are from its m/z. */
  mzErrors(dataset: string, mz: number): Promise<MzErrors> {
    return this.json(`${datasetPath(dataset)}/mz/${mz}/errors`);
  }

  /** The mean spectrum of all pixels. */
  meanSpectrum(
    dataset: string,
    query: Query<"mean_spectrum">,
    signal?: AbortSignal,
  ): Promise<MeanSpectrum> {
    return this.json(`${datasetPath(dataset)}/spectrum${queryString(query)}`, signal);
  }

  /** The mean spectrum of the pixels of regions. */
  async regionSpectrum(
    dataset: string,
    regions: RegionSet,
    query: Query<"region_spectrum">,
    signal?: AbortSignal,
  ): Promise<MeanSpectrum> {
    const path = `${datasetPath(dataset)}/spectrum${queryString(query)}`;
    const response = await this.client.sendJson("POST", path, GEOJSON, regions, signal);
    return (await response.json()) as MeanSpectrum;
  }

  unexplained(dataset: string, query: Query<"unexplained">): Promise<Unexplained> {
    return this.json(`${datasetPath(dataset)}/unexplained${queryString(query)}`);
  }

  /** Address of the report of an experiment; none where a link has not the token that it needs. */
  experimentAddress(id: string): string | undefined {
    return this.client.hasToken ? undefined : `/api/v1/experiments/${id}`;
  }

  experiment(id: string): Promise<Blob> {
    return this.blob(`experiments/${id}`);
  }

  regions(dataset: string): Promise<RegionSet> {
    return this.json(`${datasetPath(dataset)}/regions`);
  }

  async keepRegions(dataset: string, regions: RegionSet): Promise<void> {
    await this.client.sendJson("PUT", `${datasetPath(dataset)}/regions`, GEOJSON, regions);
  }

  /** The optical image of a dataset, if it has one. */
  optical(dataset: string): Promise<OpticalAnswer> {
    return this.json(`${datasetPath(dataset)}/optical`);
  }

  async opticalPicture(dataset: string): Promise<ImageBitmap> {
    return createImageBitmap(await this.blob(`${datasetPath(dataset)}/optical/picture`));
  }

  async keepPicture(dataset: string, file: File): Promise<OpticalAnswer> {
    const path = `${datasetPath(dataset)}/optical/picture${queryString({ name: file.name })}`;
    const headers = { "Content-Type": "application/octet-stream" };
    const response = await this.client.send(path, { method: "PUT", headers, body: file });
    return (await response.json()) as OpticalAnswer;
  }

  async keepPlacement(dataset: string, placement: number[]): Promise<void> {
    const path = `${datasetPath(dataset)}/optical`;
    await this.client.sendJson("PUT", path, "application/json", { placement });
  }

  async removeOptical(dataset: string): Promise<OpticalAnswer> {
    const path = `${datasetPath(dataset)}/optical`;
    const response = await this.client.send(path, { method: "DELETE" });
    return (await response.json()) as OpticalAnswer;
  }

  shared(query: Query<"shared">): Promise<Shared> {
    return this.json(`shared${queryString(query)}`);
  }

  tissue(dataset: string): Promise<Tissue> {
    return this.json(`${datasetPath(dataset)}/tissue`);
  }

  segments(dataset: string, query: Query<"segments">): Promise<Segments> {
    return this.json(`${datasetPath(dataset)}/segments${queryString(query)}`);
  }

  pixels(ion: string, query: Query<"pixels">, signal?: AbortSignal): Promise<Pixels> {
    return this.json(`${ionPath(ion)}/pixels${queryString(query)}`, signal);
  }

  /** The pixels of an image that have a signal, as CSV. */
  pixelTable(ion: string, query: Query<"pixels">): Promise<Blob> {
    return this.blob(`${ionPath(ion)}/pixels${queryString({ ...query, format: "csv" })}`);
  }

  spectrum(x: number, y: number, query: Query<"spectrum">): Promise<Spectrum> {
    return this.json(`spectra/${x},${y}${queryString(query)}`);
  }

  /** The peaks of a pixel as CSV. */
  spectrumTable(x: number, y: number, query: Query<"spectrum">): Promise<Blob> {
    return this.blob(`spectra/${x},${y}${queryString({ ...query, format: "csv" })}`);
  }

  partners(query: Query<"partners">, signal?: AbortSignal): Promise<Partners> {
    return this.json(`colocalization${queryString(query)}`, signal);
  }

  async markers(
    regions: RegionSet,
    query: Query<"drawn_markers">,
    signal?: AbortSignal,
  ): Promise<Markers> {
    const path = `markers${queryString(query)}`;
    const response = await this.client.sendJson("POST", path, GEOJSON, regions, signal);
    return (await response.json()) as Markers;
  }

  private async picture(path: string, signal?: AbortSignal): Promise<Picture> {
    const response = await this.client.get(path, signal);
    const ceiling = Number(response.headers.get("metaspace-ceiling") ?? 0);
    return { picture: await createImageBitmap(await response.blob()), ceiling };
  }

  private async json<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await (await this.client.get(path, signal)).json()) as T;
  }

  private async blob(path: string): Promise<Blob> {
    return (await this.client.get(path)).blob();
  }
}

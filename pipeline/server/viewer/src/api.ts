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

export class Api {
  constructor(private readonly client: Client) {}

  datasets(): Promise<Served> {
    return this.json("datasets");
  }

  annotations(query: Query<"annotations">, signal?: AbortSignal): Promise<AnnotationPage> {
    return this.json(`annotations${queryString(query)}`, signal);
  }

  /** All annotations that match, as CSV. */
  annotationTable(query: Query<"annotations">): Promise<Blob> {
    return this.blob(`annotations${queryString({ ...query, format: "csv" })}`);
  }

  async image(
    ion: string,
    isotope: number,
    query: Query<"image">,
    signal?: AbortSignal,
  ): Promise<Picture> {
    const path = `${ionPath(ion)}/images/${isotope}.png${queryString(query)}`;
    const response = await this.client.get(path, signal);
    const ceiling = Number(response.headers.get("metaspace-ceiling") ?? 0);
    return { picture: await createImageBitmap(await response.blob()), ceiling };
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

  async markers(drawing: Schemas["Drawing"], query: Query<"drawn_markers">): Promise<Markers> {
    const response = await this.client.postJson(`markers${queryString(query)}`, drawing);
    return (await response.json()) as Markers;
  }

  private async json<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await (await this.client.get(path, signal)).json()) as T;
  }

  private async blob(path: string): Promise<Blob> {
    return (await this.client.get(path)).blob();
  }
}

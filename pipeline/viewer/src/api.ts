// What the server says: types of its answers, and how it is asked.

export interface Dataset {
  id: string;
  name: string;
  width: number;
  height: number;
  nPixels: number;
  nAnnotations: number;
  annotationsAtFdr: { fdr: number; n: number }[];
  adducts: string[];
  databases: string[];
  classes: string[];
  nIsotopes: number;
  ppm: number;
  mzRange: [number, number] | null;
  pixelSizeUm: [number, number] | null;
  warnings: string[];
}

export interface Served {
  program: string;
  measures: string[];
  colormaps: Record<string, string[]>;
  channelColors: string[];
  datasets: Dataset[];
}

export interface Annotation {
  database: string;
  formula: string;
  adduct: string;
  ion: string;
  mz: number;
  msm: number;
  score: number;
  fdr: number;
  rhoSpatial: number;
  rhoSpectral: number;
  rhoChaos: number;
  mzErrPpm: number;
  nPixels: number;
  maxIntensity: number;
  totalIntensity: number;
  moleculeNames: string[];
  moleculeIds: string[];
  isomers: string[];
  isobars: string[];
  isotopeMz: number[];
  isotopeIntensity: number[];
  isotopeTotalIntensity: number[];
  isotopeMzMean: number[];
}

export interface Page {
  nAll: number;
  nMatching: number;
  offset: number;
  rows: Annotation[];
}

export interface Pixels {
  ion: string;
  isotope: number;
  width: number;
  height: number;
  x: number[];
  y: number[];
  intensity: number[];
}

export interface Explained {
  mz: number;
  intensity: number;
  ion: string;
  isotope: number;
  errorPpm: number;
  fdr: number;
}

export interface Spectrum {
  x: number;
  y: number;
  nPeaks: number;
  tic: number;
  mz: number[];
  intensity: number[];
  explained: Explained[];
}

export interface Partners {
  measure: string;
  nIons: number;
  ion: string;
  hasSignal: boolean;
  partners: { ion: string; score: number; fdr: number; moleculeNames: string[] }[];
}

export interface Marker {
  ion: string;
  auc: number;
  log2FoldChange: number | null;
  meanInside: number;
  meanOutside: number;
  coverageInside: number;
  coverageOutside: number;
}

export interface Markers {
  nIons: number;
  regions: { region: string; markers: Marker[] }[];
}

export type Value = string | number | undefined;

/** A problem that the server tells of. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint: string | undefined,
  ) {
    super(message);
  }
}

/** Parameters as they stand in an address, without those that are not given. */
export function query(parameters: Record<string, Value>): string {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== undefined && value !== "",
  );
  const text = given
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&");
  return text ? `?${text}` : "";
}

/** Asks the server. Where it wants a token, `askToken` asks the user for it. */
export class Api {
  private token = sessionStorage.getItem("metaspace-token") ?? "";

  constructor(private readonly askToken: (isWrong: boolean) => Promise<string>) {}

  private async send(path: string, options: RequestInit): Promise<Response> {
    for (;;) {
      const headers = new Headers(options.headers);
      if (this.token) headers.set("Authorization", `Bearer ${this.token}`);
      const response = await fetch(`/api/v1/${path}`, { ...options, headers });
      if (response.ok) return response;
      if (response.status === 401) {
        this.token = await this.askToken(this.token !== "");
        sessionStorage.setItem("metaspace-token", this.token);
        continue;
      }
      const said = await response.json().catch(() => ({}));
      throw new Problem(response.status, said.detail ?? response.statusText, said.hint);
    }
  }

  async json<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await (await this.send(path, { signal: signal ?? null })).json()) as T;
  }

  async blob(path: string, signal?: AbortSignal): Promise<Blob> {
    return (await this.send(path, { signal: signal ?? null })).blob();
  }

  /** A picture, and the intensity of its brightest colour. */
  async picture(
    path: string,
    signal?: AbortSignal,
  ): Promise<{ picture: ImageBitmap; ceiling: number }> {
    const response = await this.send(path, { signal: signal ?? null });
    const ceiling = Number(response.headers.get("metaspace-ceiling") ?? 0);
    return { picture: await createImageBitmap(await response.blob()), ceiling };
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const headers = { "Content-Type": "application/json" };
    return (await (
      await this.send(path, { method: "POST", headers, body: JSON.stringify(body) })
    ).json()) as T;
  }
}

/** Lets only the last of several answers through that were asked for one after another. */
export class Latest {
  private controller: AbortController | undefined;

  next(): AbortSignal {
    this.controller?.abort();
    this.controller = new AbortController();
    return this.controller.signal;
  }
}

/** Whether something was broken off because something newer was asked for. */
export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

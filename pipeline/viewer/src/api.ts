// What the server says: types of its answers, and how it is asked.

import type { components } from "./api-types.ts";

type Schemas = components["schemas"];

export type Dataset = Schemas["DatasetRow"];
export type Served = Schemas["DatasetList"];
export type Annotation = Schemas["Annotation"];
export type Page = Schemas["AnnotationPage"];
export type Pixels = Schemas["PixelAnswer"];
export type Spectrum = Schemas["SpectrumAnswer"];
export type Partners = Schemas["PartnerList"];
export type Markers = Schemas["MarkerAnswer"];

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

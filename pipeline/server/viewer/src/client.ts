// Sends requests to the server, with a token where it wants one, and notices when it is gone.

/** A problem that the server reports. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint: string | undefined,
  ) {
    super(message);
  }
}

/** Status of a problem where no server answered. */
const GONE = 0;

/** Whether a request failed because no server answered, which the page says by itself. */
export function isGone(error: unknown): boolean {
  return error instanceof Problem && error.status === GONE;
}

/** Parameters as they stand in an address, without those that are not given. */
export function queryString(parameters: object): string {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== undefined && value !== "",
  );
  const text = given
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&");
  return text ? `?${text}` : "";
}

export class Client {
  private token = sessionStorage.getItem("metaspace-token") ?? "";

  /**
   * `askToken` asks the user for a token; `isWrong` if the server refused the last one. `lost` is told
   * when no server answers.
   */
  constructor(
    private readonly askToken: (isWrong: boolean) => Promise<string>,
    private readonly lost: () => void,
  ) {}

  /** Whether requests carry a token, which links cannot. */
  get hasToken(): boolean {
    return this.token !== "";
  }

  /** The response to a request for a path below `/api/v1/`; throws a `Problem` if it failed. */
  async send(path: string, options: RequestInit): Promise<Response> {
    for (;;) {
      const headers = new Headers(options.headers);
      if (this.token) headers.set("Authorization", `Bearer ${this.token}`);
      const response = await this.fetch(`/api/v1/${path}`, { ...options, headers });
      if (response.ok) return response;
      if (response.status === 401) {
        this.token = await this.askToken(this.token !== "");
        sessionStorage.setItem("metaspace-token", this.token);
        continue;
      }
      const problem = await response.json().catch(() => ({}));
      throw new Problem(response.status, problem.detail ?? response.statusText, problem.hint);
    }
  }

  get(path: string, signal?: AbortSignal): Promise<Response> {
    return this.send(path, { signal: signal ?? null });
  }

  /** Sends JSON of a type. */
  sendJson(
    method: "POST" | "PUT",
    path: string,
    type: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<Response> {
    const headers = { "Content-Type": type };
    return this.send(path, {
      method,
      headers,
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
  }

  private async fetch(address: string, options: RequestInit): Promise<Response> {
    try {
      return await fetch(address, options);
    } catch (error) {
      // What the page itself gave up is no failure of the server.
      if (error instanceof DOMException) throw error;
      this.lost();
      throw new Problem(GONE, "the server does not answer", undefined);
    }
  }
}

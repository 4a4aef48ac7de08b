// Cancels a request when a newer one takes its place.

/** Lets only the last of several requests, made one after another, complete. */
export class Latest {
  private controller: AbortController | undefined;

  /** Aborts the request before, and returns the signal for the next. */
  next(): AbortSignal {
    this.controller?.abort();
    this.controller = new AbortController();
    return this.controller.signal;
  }
}

/** Whether a request failed because a newer one took its place. */
export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

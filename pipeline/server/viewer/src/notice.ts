// Notices to the user: a line of text that goes away by itself.

import { type Problem, isGone } from "./client.ts";
import { byId } from "./dom.ts";
import { isAborted } from "./latest.ts";

let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows a text for a few seconds. */
export function notify(text: string): void {
  const status = byId("status");
  status.textContent = text;
  status.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (status.hidden = true), 6_000);
}

/** The answer to a request; a failure is shown to the user, and there is no answer. */
export async function answerOf<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (!isAborted(error) && !isGone(error)) {
      const { message, hint } = error as Partial<Problem> & Error;
      notify(hint ? `${message}. ${hint}` : message);
    }
    return undefined;
  }
}

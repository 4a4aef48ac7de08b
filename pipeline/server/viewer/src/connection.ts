// Says that the server is gone, and asks for it until it is back.

import { byId } from "./dom.ts";

/** How long to wait until the server is asked again. */
const ASK_AGAIN_MS = 1_500;

export class Connection {
  private isLost = false;

  /** `back` shows everything anew when the server answers again. */
  constructor(private readonly back: () => Promise<void>) {}

  /** Says that no server answers, until one does. */
  lost(): void {
    if (this.isLost) return;
    this.isLost = true;
    byId("gone").hidden = false;
    this.askAgain();
  }

  private askAgain(): void {
    setTimeout(() => void this.ask(), ASK_AGAIN_MS);
  }

  private async ask(): Promise<void> {
    try {
      // The description needs no token, and says nothing of the data.
      await fetch("/api/v1/openapi.json", { method: "HEAD", cache: "no-store" });
    } catch {
      this.askAgain();
      return;
    }
    this.isLost = false;
    byId("gone").hidden = true;
    await this.back();
  }
}

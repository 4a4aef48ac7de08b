// The rows of a long list, loaded in pages when they are looked at.

import type { Annotation, AnnotationPage } from "../api.ts";
import { isAborted } from "../latest.ts";

/** Rows of a page. */
export const PAGE = 100;

/** Loads the page that begins at a row. */
export type LoadPage = (offset: number, limit: number) => Promise<AnnotationPage>;

export class Pages {
  /** Rows that there are. */
  nMatching = 0;
  private readonly pages = new Map<number, Annotation[]>();
  private readonly asked = new Set<number>();

  /** `came` is told of a page that came, and `failed` why one did not. */
  constructor(
    private readonly load: LoadPage,
    private readonly came: (rows: Annotation[]) => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Loads the page of a row; the list is known only then. */
  async open(row: number): Promise<Annotation[]> {
    const number = Math.floor(row / PAGE);
    const page = await this.load(number * PAGE, PAGE);
    this.nMatching = page.nMatching;
    this.pages.set(number, page.rows);
    return page.rows;
  }

  /** A row, if its page is there; it is asked for otherwise. */
  row(at: number): Annotation | undefined {
    const number = Math.floor(at / PAGE);
    const page = this.pages.get(number);
    if (page) return page[at % PAGE];
    if (at >= 0 && at < this.nMatching) void this.ask(number);
    return undefined;
  }

  private async ask(number: number): Promise<void> {
    if (this.asked.has(number)) return;
    this.asked.add(number);
    try {
      const { rows } = await this.load(number * PAGE, PAGE);
      this.pages.set(number, rows);
      this.came(rows);
    } catch (error) {
      this.asked.delete(number);
      if (!isAborted(error)) this.failed(error);
    }
  }
}

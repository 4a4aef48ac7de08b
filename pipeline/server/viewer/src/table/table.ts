// The table of annotations: a page at a time, filtered and sorted by the server.

import { writeAddress } from "../address.ts";
import type { Annotation, Api, Query } from "../api.ts";
import { DEFAULTS } from "../defaults.ts";
import { byId, element } from "../dom.ts";
import { saveFile } from "../download.ts";
import { firstName, percent } from "../format.ts";
import { ionName } from "../ion-name.ts";
import { Latest, isAborted } from "../latest.ts";
import { notify } from "../notice.ts";
import type { State } from "../state.ts";
import { type Thumbnails, thumbnailHead } from "../thumbnails.ts";
import { type Column, COLUMNS, nextSort, sortDirection } from "./columns.ts";
import { bindFilter } from "./filter.ts";

/** Rows of a page. */
const PAGE = DEFAULTS.annotations.limit;

export class Table {
  private readonly latest = new Latest();
  private rows: Annotation[] = [];
  private nMatching = 0;

  constructor(
    private readonly state: State,
    private readonly api: Api,
    private readonly thumbnails: Thumbnails,
    private readonly select: (row: Annotation) => void,
  ) {
    bindFilter(state, () => this.goTo(0));
    byId("previous").addEventListener("click", () => this.goTo(state.choices.offset - PAGE));
    byId("next").addEventListener("click", () => this.goTo(state.choices.offset + PAGE));
    byId("save-table").addEventListener("click", () => void this.save());
    byId("rows").addEventListener("keydown", (event) => this.key(event));
  }

  /** Loads the page; selects its first row if nothing is selected. */
  async load(): Promise<void> {
    const { choices } = this.state;
    try {
      const query = { ...this.query(), offset: choices.offset, limit: PAGE };
      const page = await this.api.annotations(query, this.latest.next());
      this.rows = page.rows;
      this.nMatching = page.nMatching;
      this.show();
      const first = this.rows.find((row) => row.ion === choices.ion) ?? this.rows[0];
      if (first && (!choices.ion || first.ion === choices.ion)) this.select(first);
    } catch (error) {
      if (!isAborted(error)) notify(String((error as Error).message));
    }
  }

  /** Marks the row of the ion that is shown, which is also the one that Tab reaches. */
  mark(): void {
    const { ion } = this.state.choices;
    const rows = [...byId("rows").querySelectorAll<HTMLElement>("tr")];
    const entry = rows.find((row) => row.dataset["ion"] === ion) ?? rows[0];
    for (const row of rows) {
      row.setAttribute("aria-selected", String(row.dataset["ion"] === ion));
      row.tabIndex = row === entry ? 0 : -1;
    }
  }

  private query(): Query<"annotations"> {
    const { dataset, fdr, q, adduct, class: moleculeClass, sample, sort } = this.state.choices;
    const query = { dataset, fdr, q, adduct, class: moleculeClass, sort };
    return sample === "on" ? { ...query, onSample: true } : query;
  }

  /** Loads the page that begins at a row. */
  private goTo(offset: number): void {
    this.state.choices.offset = Math.max(0, offset);
    writeAddress(this.state.choices);
    void this.load();
  }

  private show(): void {
    const { offset } = this.state.choices;
    const heads = COLUMNS.map((column) => this.head(column));
    byId("columns").replaceChildren(thumbnailHead(), ...heads);
    const rows = this.rows.length ? this.rows.map((row) => this.row(row)) : [emptyRow()];
    byId("rows").replaceChildren(...rows);
    const last = Math.min(offset + PAGE, this.nMatching);
    byId("range").textContent = this.nMatching
      ? `${offset + 1}–${last} of ${this.nMatching}`
      : "none";
    byId<HTMLButtonElement>("previous").disabled = offset === 0;
    byId<HTMLButtonElement>("next").disabled = last >= this.nMatching;
    this.mark();
  }

  private head({ key, title, startsDown, isNumber }: Column): HTMLElement {
    const { choices } = this.state;
    const click = () => {
      choices.sort = nextSort(choices.sort, key, startsDown);
      this.goTo(0);
      byId("columns").querySelector<HTMLElement>(`[data-key=${key}] button`)?.focus();
    };
    return element(
      "th",
      {
        scope: "col",
        "aria-sort": sortDirection(choices.sort, key),
        "data-key": key,
        class: isNumber ? "number" : "",
      },
      element("button", { type: "button", onclick: click }, title),
    );
  }

  private row(row: Annotation): HTMLElement {
    const number = (text: string) => element("td", { class: "number" }, text);
    return element(
      "tr",
      { "data-ion": row.ion, onclick: () => this.select(row) },
      element("td", { class: "image" }, this.thumbnails.of(row.ion, 0)),
      element(
        "td",
        { title: row.moleculeNames.join("\n") },
        ionName(row.ion),
        element("span", { class: "names" }, firstName(row.moleculeNames)),
      ),
      number(row.mz.toFixed(4)),
      number(row.msm.toFixed(3)),
      number(percent(row.fdr)),
      number(row.maxIntensity.toPrecision(3)),
    );
  }

  private key(event: KeyboardEvent): void {
    const rows = [...byId("rows").querySelectorAll<HTMLElement>("tr[data-ion]")];
    const at = rows.indexOf(event.target as HTMLElement);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: rows.length - 1,
      Enter: at,
      " ": at,
    }[event.key];
    const row = to === undefined ? undefined : this.rows[to];
    if (at < 0 || to === undefined || !row) return;
    event.preventDefault();
    this.select(row);
    rows[to]?.focus();
  }

  private async save(): Promise<void> {
    const blob = await this.api.annotationTable(this.query());
    saveFile(blob, `${this.state.choices.dataset}-annotations.csv`);
  }
}

function emptyRow(): HTMLElement {
  const text = "No annotation matches. A higher FDR shows more.";
  const cell = element("td", { colspan: COLUMNS.length + 1, class: "quiet" }, text);
  return element("tr", {}, cell);
}

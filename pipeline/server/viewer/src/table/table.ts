// The table of annotations: a page at a time, filtered and sorted by the server.

import { writeAddress } from "../address.ts";
import type { Annotation, Api, Query } from "../api.ts";
import { isGone } from "../client.ts";
import { DEFAULTS } from "../defaults.ts";
import { byId, element } from "../dom.ts";
import { saveFile } from "../download.ts";
import { counted, percent, signed } from "../format.ts";
import { Latest, isAborted } from "../latest.ts";
import { ionFormula } from "../names.ts";
import { answerOf, notify } from "../notice.ts";
import type { State } from "../state.ts";
import { type Thumbnails, thumbnailHead } from "../thumbnails.ts";
import { type Column, columnsOf, nextSort, numberColumns, sortDirection } from "./columns.ts";
import { bindFilter, hasFilter, resetFilter } from "./filter.ts";
import { type MzSearch, searchedMz, withinSearch } from "./mz-search.ts";

/** Rows of a page. */
const PAGE = DEFAULTS.annotations.limit;

export interface TableActions {
  select(row: Annotation): void;
  showMz(mz: number): void;
  /** The filter changed, and with it what else shows ions up to an FDR. */
  filtered(): void;
}

export class Table {
  rows: Annotation[] = [];
  private readonly latest = new Latest();
  private nMatching = 0;
  /** The page that is being loaded, or came last. */
  private current = Promise.resolve(false);
  /** The m/z that is looked for. */
  private search: MzSearch | undefined;

  constructor(
    private readonly state: State,
    private readonly api: Api,
    private readonly thumbnails: Thumbnails,
    private readonly actions: TableActions,
  ) {
    bindFilter(state, () => void this.filtered());
    byId("previous").addEventListener("click", () => this.goTo(state.choices.offset - PAGE));
    byId("next").addEventListener("click", () => this.goTo(state.choices.offset + PAGE));
    byId("save-table").addEventListener("click", () => void this.save());
    byId("rows").addEventListener("keydown", (event) => this.key(event));
  }

  /** Loads the page, unless a newer request takes its place. Returns whether the page came. */
  load(): Promise<boolean> {
    this.current = this.loaded();
    return this.current;
  }

  private async loaded(): Promise<boolean> {
    const { choices, dataset, names } = this.state;
    this.search = searchedMz(choices.q, dataset?.ppm ?? 0);
    try {
      const query = { ...this.query(), offset: choices.offset, limit: PAGE };
      const page = await this.api.annotations(query, this.latest.next());
      this.rows = page.rows;
      this.nMatching = page.nMatching;
      for (const row of page.rows) names.learn(row.ion, row.moleculeNames);
      this.show();
      return true;
    } catch (error) {
      if (isAborted(error)) return this.current;
      if (!isGone(error)) notify(String((error as Error).message));
      return false;
    }
  }

  /** Marks the row of the ion that is shown, which is also the one that Tab reaches. */
  mark(): void {
    const { ion, mz } = this.state.choices;
    const rows = [...byId("rows").querySelectorAll<HTMLElement>("tr")];
    const shown = mz ? "" : ion;
    const entry = rows.find((row) => row.dataset["ion"] === shown) ?? rows[0];
    for (const row of rows) {
      row.setAttribute("aria-selected", String(row.dataset["ion"] === shown));
      row.tabIndex = row === entry ? 0 : -1;
    }
  }

  private query(): Query<"annotations"> {
    const { dataset, fdr, q, adduct, class: moleculeClass, sample, sort } = this.state.choices;
    const text = this.search ? { mzNear: this.search.mz } : { q };
    const query = { dataset, fdr, ...text, adduct, class: moleculeClass, sort };
    return sample === "on" ? { ...query, onSample: true } : query;
  }

  /** Loads the first page of what the filter leaves, and shows what was looked for. */
  private async filtered(): Promise<void> {
    const { choices } = this.state;
    choices.offset = 0;
    writeAddress(choices);
    this.actions.filtered();
    if (!(await this.load())) return;
    const { search, rows } = this;
    const [first] = search ? withinSearch(search, rows) : rows;
    if (search && !first) this.actions.showMz(search.mz);
    else if (first && (search || (!choices.ion && !choices.mz))) this.actions.select(first);
  }

  /** Loads the page that begins at a row. */
  private goTo(offset: number): void {
    this.state.choices.offset = Math.max(0, offset);
    writeAddress(this.state.choices);
    void this.load();
  }

  private show(): void {
    const { offset } = this.state.choices;
    const heads = columnsOf(this.state.dataset).map((column) => this.head(column));
    byId("columns").replaceChildren(thumbnailHead(), ...heads);
    const rows = this.rows.length ? this.rows.map((row) => this.row(row)) : [this.emptyRow()];
    byId("rows").replaceChildren(...rows);
    this.showSearch();
    const last = Math.min(offset + PAGE, this.nMatching);
    byId("range").textContent = this.nMatching
      ? `${offset + 1}–${last} of ${this.nMatching}`
      : "none";
    byId<HTMLButtonElement>("previous").disabled = offset === 0;
    byId<HTMLButtonElement>("next").disabled = last >= this.nMatching;
    this.mark();
  }

  /** What was found of an m/z that was looked for. */
  private showSearch(): void {
    const place = byId("mz-found");
    const { search } = this;
    place.hidden = !search;
    if (!search) return;
    const n = withinSearch(search, this.rows).length;
    const window = `m/z ${search.mz} ± ${search.within.toFixed(4)}`;
    const { fdr } = this.state.choices;
    const text = n
      ? `${counted(n, "annotation")} at ${window}, then the nearest.`
      : `Nothing up to FDR ${percent(fdr)} is annotated at ${window}. The nearest:`;
    const show = () => this.actions.showMz(search.mz);
    place.replaceChildren(
      element("span", {}, text),
      element("button", { type: "button", id: "show-mz", onclick: show }, "Image of this m/z"),
    );
  }

  private head({ key, title, startsDown, isNumber }: Column): HTMLElement {
    const { choices, dataset } = this.state;
    const click = () => {
      choices.sort = nextSort(choices.sort, key, startsDown);
      this.goTo(0);
      byId("columns").querySelector<HTMLElement>(`[data-key=${key}] button`)?.focus();
    };
    const direction = this.search ? "none" : sortDirection(choices.sort, key, dataset);
    return element(
      "th",
      {
        scope: "col",
        "aria-sort": direction,
        "data-key": key,
        class: isNumber ? "number" : "",
      },
      element("button", { type: "button", onclick: click }, title),
    );
  }

  private row(row: Annotation): HTMLElement {
    const numbers = numberColumns(this.state.dataset).map((column) => {
      const distance = this.search && column.key === "mz" ? [this.distance(row)] : [];
      const name = `number ${column.key}`;
      return element("td", { class: name }, column.text(row), ...distance);
    });
    return element(
      "tr",
      { "data-ion": row.ion, onclick: () => this.actions.select(row) },
      element("td", { class: "image" }, this.thumbnails.of(row.ion, 0)),
      element("td", { class: "what", title: row.moleculeNames.join("\n") }, ...whatIs(row)),
      ...numbers,
    );
  }

  /** How far a row is from the m/z that is looked for. */
  private distance(row: Annotation): HTMLElement {
    const off = row.mz - (this.search?.mz ?? row.mz);
    const ppm = (off / row.mz) * 1e6;
    const text = Math.abs(ppm) < 100 ? `${signed(ppm)} ppm` : `${signed(off)} Th`;
    return element("small", { class: "distance" }, text);
  }

  /** Why there is no row, and what can be done. */
  private emptyRow(): HTMLElement {
    const [text, action, act] = this.emptyReason();
    const button = act
      ? [element("button", { type: "button", id: "empty-action", onclick: act }, action)]
      : [];
    const n = columnsOf(this.state.dataset).length + 1;
    const cell = element("td", { colspan: n, class: "empty" }, element("p", {}, text), ...button);
    return element("tr", {}, cell);
  }

  private emptyReason(): [string, string, (() => void) | undefined] {
    const { dataset, choices } = this.state;
    if (!dataset?.nAnnotations) {
      const text =
        "Nothing is annotated in this dataset: no ion of the molecule tables was found. The spectrum above shows what was measured; “Peaks” lists its most intense peaks.";
      return [text, "", undefined];
    }
    if (hasFilter(choices)) {
      const text = `No annotation up to FDR ${percent(choices.fdr)} matches the search and the filters.`;
      return [text, "Clear search and filters", () => this.refilter(() => resetFilter(this.state))];
    }
    const next = dataset.annotationsAtFdr.find(({ fdr, n }) => fdr > choices.fdr && n > 0);
    const fdr = next?.fdr ?? 1;
    const n = next?.n ?? dataset.nAnnotations;
    const text = `No annotation has an FDR up to ${percent(choices.fdr)}. ${counted(n, "annotation")} of ${next ? `FDR up to ${percent(fdr)}` : "any FDR"} would be shown:`;
    const show = () =>
      this.refilter(() => {
        choices.fdr = fdr;
        byId<HTMLSelectElement>("fdr").value = String(fdr);
      });
    return [text, next ? `Show FDR up to ${percent(fdr)}` : "Show all", show];
  }

  private refilter(change: () => void): void {
    change();
    void this.filtered();
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
    this.actions.select(row);
    rows[to]?.focus();
  }

  private async save(): Promise<void> {
    const blob = await answerOf(this.api.annotationTable(this.query()));
    if (blob) saveFile(blob, `${this.state.choices.dataset}-annotations.csv`);
  }
}

/** The name of a row's molecule, and its formula below. */
function whatIs({ ion, moleculeNames }: Annotation): Node[] {
  const [first, ...rest] = moleculeNames;
  const formula = ionFormula(ion);
  if (first === undefined) {
    formula.classList.add("alone");
    return [formula];
  }
  const more = rest.length ? [element("small", {}, ` or ${rest.length} more`)] : [];
  return [element("span", { class: "name" }, first, ...more), formula];
}

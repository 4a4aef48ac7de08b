// The table of annotations: filtered and sorted by the server, loaded as far as it is looked at.

import { writeAddress } from "../address.ts";
import type { Annotation, Api, Query } from "../api.ts";
import { isGone } from "../client.ts";
import { debounce } from "../debounce.ts";
import { byId, element } from "../dom.ts";
import { saveFile } from "../download.ts";
import { counted, distance, percent } from "../format.ts";
import { Latest, isAborted } from "../latest.ts";
import { ionFormula } from "../names.ts";
import { answerOf, notify } from "../notice.ts";
import type { State } from "../state.ts";
import { type Thumbnails, thumbnailHead } from "../thumbnails.ts";
import {
  type Column,
  VALUES,
  columnsOf,
  nextSort,
  sortDirection,
  valueColumns,
  withColumn,
} from "./columns.ts";
import { bindFilter, hasFilter, resetFilter, showFilter } from "./filter.ts";
import { type MzSearch, searchedMz, withinSearch } from "./mz-search.ts";
import { Pages } from "./pages.ts";
import { FilterHistory } from "./undo.ts";
import { ListWindow } from "./window.ts";

/** How long scrolling must rest until the address has the place. */
const KEEP_PLACE_AFTER_MS = 250;

export interface TableActions {
  select(row: Annotation): void;
  showMz(mz: number): void;
  /** The filter changed, and with it what else shows ions up to an FDR. */
  filtered(): void;
}

export class Table {
  /** The rows around the place where the list was opened. */
  rows: Annotation[] = [];
  private readonly scroller = byId("table-scroll");
  private readonly list: ListWindow;
  private readonly history: FilterHistory;
  private readonly latest = new Latest();
  private pages: Pages;
  /** The m/z that is looked for. */
  private search: MzSearch | undefined;
  /** The list that is being loaded, or came last. */
  private current = Promise.resolve(false);
  /** What the list that is shown, or is being loaded, was asked by. */
  private asked = "";
  private readonly keepPlace = debounce(KEEP_PLACE_AFTER_MS, () => {
    [this.state.choices.offset] = this.list.seen();
    writeAddress(this.state.choices);
  });

  constructor(
    private readonly state: State,
    private readonly api: Api,
    private readonly thumbnails: Thumbnails,
    private readonly actions: TableActions,
  ) {
    this.list = new ListWindow(this.scroller, byId("rows"), byId("columns"), (at) => this.row(at));
    this.pages = this.newPages(new AbortController().signal);
    this.history = new FilterHistory(state.choices);
    bindFilter(state, () => void this.filtered());
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.scrolled()).observe(this.scroller);
    byId("undo").addEventListener("click", () => this.undo());
    byId("save-table").addEventListener("click", () => void this.save());
    byId("rows").addEventListener("keydown", (event) => this.key(event));
    byId("table").addEventListener("keydown", (event) => {
      const isField = event.target instanceof HTMLInputElement;
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || isField) return;
      event.preventDefault();
      this.undo();
    });
  }

  /** Loads the list, unless a newer request takes its place. Returns whether it came. */
  load(): Promise<boolean> {
    this.current = this.loaded();
    return this.current;
  }

  private async loaded(): Promise<boolean> {
    const { choices, dataset } = this.state;
    this.search = searchedMz(choices.q, dataset?.ppm ?? 0);
    this.asked = JSON.stringify(this.query());
    const pages = this.newPages(this.latest.next());
    try {
      const rows = await pages.open(choices.offset);
      this.pages = pages;
      this.rows = rows;
      this.learn(rows);
      this.show();
      return true;
    } catch (error) {
      if (isAborted(error)) return this.current;
      this.asked = "";
      this.complain(error);
      return false;
    }
  }

  private newPages(signal: AbortSignal): Pages {
    const query = this.query();
    return new Pages(
      (offset, limit) => this.api.annotations({ ...query, offset, limit }, signal),
      (rows) => {
        this.learn(rows);
        this.list.renew();
        this.mark();
      },
      (error) => this.complain(error),
    );
  }

  private learn(rows: Annotation[]): void {
    for (const row of rows) this.state.names.learn(row.ion, row.moleculeNames);
  }

  private complain(error: unknown): void {
    if (!isGone(error)) notify(String((error as Error).message));
  }

  /** Marks the row of the ion that is shown, which is also the one that Tab reaches. */
  mark(): void {
    const { ion, mz } = this.state.choices;
    const shown = mz ? "" : ion;
    const rows = [...this.list.rows()].sort(([a], [b]) => a - b).map(([, row]) => row);
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

  /** Loads what the filter leaves from its start, and shows what was looked for. */
  private async filtered(): Promise<void> {
    const { choices, dataset } = this.state;
    this.search = searchedMz(choices.q, dataset?.ppm ?? 0);
    // What was typed may have been loaded with another dataset already.
    if (JSON.stringify(this.query()) === this.asked) return;
    choices.offset = 0;
    this.history.note(choices);
    this.showUndo();
    writeAddress(choices);
    this.actions.filtered();
    if (!(await this.load())) return;
    const { search, rows } = this;
    const [first] = search ? withinSearch(search, rows) : rows;
    if (search && !first) this.actions.showMz(search.mz);
    else if (first && (search || (!choices.ion && !choices.mz))) this.actions.select(first);
  }

  /** Takes the last change of the filter, or of the order, back. */
  private undo(): void {
    const { choices } = this.state;
    if (!this.history.undo(choices)) return;
    showFilter(choices);
    void this.filtered();
  }

  private showUndo(): void {
    byId<HTMLButtonElement>("undo").disabled = this.history.isEmpty;
  }

  private show(): void {
    const { offset, columns } = this.state.choices;
    const heads = columnsOf(columns, this.state.dataset).map((column) => this.head(column));
    byId("columns").replaceChildren(thumbnailHead(), ...heads);
    byId("row-count").setAttribute("aria-rowcount", String(this.pages.nMatching + 1));
    this.list.open(this.pages.nMatching, offset);
    if (!this.pages.nMatching) byId("rows").replaceChildren(this.emptyRow());
    this.offerColumns();
    this.showSearch();
    this.showRange();
    this.showUndo();
    this.mark();
  }

  private scrolled(): void {
    if (!this.pages.nMatching) return;
    this.list.update();
    this.showRange();
    this.mark();
    this.keepPlace();
  }

  private showRange(): void {
    const { nMatching } = this.pages;
    const [first, last] = this.list.seen();
    const text = `${first + 1}–${last + 1} of ${nMatching}`;
    byId("range").textContent = nMatching ? text : "none";
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
      void this.filtered().then(() =>
        byId("columns").querySelector<HTMLElement>(`[data-key=${key}] button`)?.focus(),
      );
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

  /** The row of a place; an empty one until its page is there. */
  private row(at: number): HTMLElement {
    const row = this.pages.row(at);
    const columns = valueColumns(this.state.choices.columns, this.state.dataset);
    const index = { "aria-rowindex": at + 2 };
    if (!row) {
      const cell = element("td", { colspan: columns.length + 2, class: "quiet" }, "…");
      return element("tr", { ...index, "aria-busy": "true" }, cell);
    }
    const values = columns.map((column) => {
      const distance = this.search && column.key === "mz" ? [this.distance(row)] : [];
      const kind = `${column.isNumber ? "number" : "text"} ${column.key}`;
      return element("td", { class: kind }, column.text(row), ...distance);
    });
    return element(
      "tr",
      { ...index, "data-ion": row.ion, onclick: () => this.actions.select(row) },
      element("td", { class: "image" }, this.thumbnails.of(row.ion, 0)),
      element("td", { class: "what", title: row.moleculeNames.join("\n") }, ...whatIs(row)),
      ...values,
    );
  }

  /** How far the m/z that is looked for lies above that of a row, as measured less theoretical. */
  private distance(row: Annotation): HTMLElement {
    const text = distance(this.search?.mz ?? row.mz, row.mz);
    return element("small", { class: "distance" }, text);
  }

  /** Lets the user choose columns. */
  private offerColumns(): void {
    const { choices, dataset } = this.state;
    const shown = valueColumns(choices.columns, dataset).map((column) => column.key);
    const items = VALUES.map(({ key, title }) => {
      const box = element("input", { type: "checkbox", checked: shown.includes(key) });
      box.addEventListener("change", () => {
        choices.columns = withColumn(choices.columns, key, box.checked, dataset);
        writeAddress(choices);
        this.show();
      });
      return element("label", { "data-column": key }, box, title);
    });
    byId("column-list").replaceChildren(...items);
  }

  /** Why there is no row, and what can be done. */
  private emptyRow(): HTMLElement {
    const [text, action, act] = this.emptyReason();
    const button = act
      ? [element("button", { type: "button", id: "empty-action", onclick: act }, action)]
      : [];
    const n = columnsOf(this.state.choices.columns, this.state.dataset).length + 1;
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
    const show = () => this.refilter(() => (choices.fdr = fdr));
    return [text, next ? `Show FDR up to ${percent(fdr)}` : "Show all", show];
  }

  private refilter(change: () => void): void {
    change();
    showFilter(this.state.choices);
    void this.filtered();
  }

  private key(event: KeyboardEvent): void {
    const from = (event.target as HTMLElement).closest("tr");
    const at = [...this.list.rows()].find(([, row]) => row === from)?.[0];
    if (at === undefined) return;
    const [first, last] = this.list.seen();
    const page = Math.max(1, last - first);
    const wanted = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: Infinity,
      Enter: at,
      " ": at,
    }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    void this.goTo(Math.max(0, Math.min(this.pages.nMatching - 1, wanted)));
  }

  /** Selects the row of a place, wherever in the list it is. */
  private async goTo(at: number): Promise<void> {
    this.list.reveal(at)?.focus();
    const { pages } = this;
    let row = pages.row(at);
    if (!row) {
      const rows = await answerOf(pages.open(at));
      if (!rows || pages !== this.pages) return;
      this.learn(rows);
      this.list.renew();
      row = pages.row(at);
    }
    if (!row) return;
    this.actions.select(row);
    const shown = this.list.reveal(at);
    // A row that came into sight just now cannot take the focus until it is marked.
    this.mark();
    shown?.focus();
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

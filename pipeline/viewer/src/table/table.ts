// The table of annotations: a page at a time, filtered and sorted by the server.

import {
  type Annotation,
  type Api,
  type Dataset,
  type Page,
  Latest,
  isAborted,
  query,
} from "../api.ts";
import { DEFAULTS } from "../defaults.ts";
import { byId, calm, el, options, save, say } from "../dom.ts";
import { firstName, percent } from "../format.ts";
import { imageHead } from "../thumbnails.ts";
import { ionName } from "../ion-name.ts";
import { type State, nextSort } from "../state.ts";

const PAGE = DEFAULTS.annotations.limit;

const COLUMNS: { key: string; title: string; startsDown: boolean; isNumber: boolean }[] = [
  { key: "ion", title: "Ion and molecule", startsDown: false, isNumber: false },
  { key: "mz", title: "m/z", startsDown: false, isNumber: true },
  { key: "msm", title: "MSM", startsDown: true, isNumber: true },
  { key: "fdr", title: "FDR", startsDown: false, isNumber: true },
  { key: "maxIntensity", title: "Max", startsDown: true, isNumber: true },
];

export class Table {
  private readonly latest = new Latest();
  private rows: Annotation[] = [];
  private nMatching = 0;

  constructor(
    private readonly api: Api,
    private readonly state: State,
    private readonly picture: (ion: string) => HTMLElement,
    private readonly changed: () => void,
    private readonly selected: (row: Annotation) => void,
  ) {
    const search = byId<HTMLInputElement>("q");
    const reload = calm(150, () => this.filtered());
    search.value = state.q;
    search.addEventListener("input", () => {
      state.q = search.value;
      reload();
    });
    byId("filter").addEventListener("submit", (event) => event.preventDefault());
    this.bind("fdr", String(state.fdr), (value) => (state.fdr = Number(value)));
    this.bind("adduct", state.adduct, (value) => (state.adduct = value));
    this.bind("class", state.class, (value) => (state.class = value));
    byId("previous").addEventListener("click", () => this.turn(-PAGE));
    byId("next").addEventListener("click", () => this.turn(PAGE));
    byId("save-table").addEventListener("click", () => void this.save());
    byId("rows").addEventListener("keydown", (event) => this.key(event));
  }

  private bind(id: string, value: string, set: (value: string) => void): void {
    const select = byId<HTMLSelectElement>(id);
    select.value = value;
    select.addEventListener("change", () => {
      set(select.value);
      this.filtered();
    });
  }

  /** Offers the adducts and classes that a dataset has. */
  choices({ adducts, classes }: Dataset): void {
    for (const [key, names] of [
      ["adduct", adducts],
      ["class", classes],
    ] as const) {
      if (!names.includes(this.state[key])) this.state[key] = "";
      const all: [string, string][] = [
        ["", "all"],
        ...names.map((name): [string, string] => [name, name]),
      ];
      const select = byId<HTMLSelectElement>(key);
      options(select, all, this.state[key]);
      select.disabled = !names.length;
    }
  }

  private filtered(): void {
    this.state.offset = 0;
    this.changed();
    void this.load();
  }

  private turn(by: number): void {
    this.state.offset = Math.max(0, this.state.offset + by);
    this.changed();
    void this.load();
  }

  private address(extra: Record<string, string | number>): string {
    const { dataset, fdr, q, adduct, sort } = this.state;
    return `annotations${query({ dataset, fdr, q, adduct, class: this.state.class, sort, ...extra })}`;
  }

  /** Asks for the page; selects its first row if nothing is selected. */
  async load(): Promise<void> {
    try {
      const address = this.address({ offset: this.state.offset, limit: PAGE });
      const page = await this.api.json<Page>(address, this.latest.next());
      this.rows = page.rows;
      this.nMatching = page.nMatching;
      this.draw();
      const first = this.rows.find((row) => row.ion === this.state.ion) ?? this.rows[0];
      if (first && (!this.state.ion || first.ion === this.state.ion)) this.selected(first);
    } catch (error) {
      if (!isAborted(error)) say(String((error as Error).message));
    }
  }

  /** Marks the row of the ion that is shown. */
  mark(): void {
    for (const row of byId("rows").querySelectorAll<HTMLElement>("tr")) {
      const isShown = row.dataset["ion"] === this.state.ion;
      row.setAttribute("aria-selected", String(isShown));
    }
    const rows = [...byId("rows").querySelectorAll<HTMLElement>("tr")];
    const entry = rows.find((row) => row.dataset["ion"] === this.state.ion) ?? rows[0];
    rows.forEach((row) => (row.tabIndex = row === entry ? 0 : -1));
  }

  private draw(): void {
    const { sort, offset } = this.state;
    byId("columns").replaceChildren(
      imageHead(),
      ...COLUMNS.map(({ key, title, startsDown, isNumber }) => {
        const order = sort === key ? "ascending" : sort === `-${key}` ? "descending" : "none";
        const click = () => {
          this.state.sort = nextSort(this.state.sort, key, startsDown);
          this.filtered();
          byId("columns").querySelector<HTMLElement>(`[data-key=${key}] button`)?.focus();
        };
        const button = el("button", { type: "button", onclick: click }, title);
        return el(
          "th",
          { scope: "col", "aria-sort": order, "data-key": key, class: isNumber ? "number" : "" },
          button,
        );
      }),
    );
    byId("rows").replaceChildren(...this.rows.map((row) => this.row(row)));
    if (!this.rows.length) {
      byId("rows").append(
        el(
          "tr",
          {},
          el(
            "td",
            { colspan: COLUMNS.length + 1, class: "quiet" },
            "No annotation matches. A higher FDR shows more.",
          ),
        ),
      );
    }
    const last = Math.min(offset + PAGE, this.nMatching);
    byId("range").textContent = this.nMatching
      ? `${offset + 1}–${last} of ${this.nMatching}`
      : "none";
    byId<HTMLButtonElement>("previous").disabled = offset === 0;
    byId<HTMLButtonElement>("next").disabled = last >= this.nMatching;
    this.mark();
  }

  private row(row: Annotation): HTMLElement {
    const number = (text: string) => el("td", { class: "number" }, text);
    return el(
      "tr",
      { "data-ion": row.ion, onclick: () => this.selected(row) },
      el("td", { class: "image" }, this.picture(row.ion)),
      el(
        "td",
        { title: row.moleculeNames.join("\n") },
        ionName(row.ion),
        el("span", { class: "names" }, firstName(row.moleculeNames)),
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
    this.selected(row);
    rows[to]?.focus();
  }

  private async save(): Promise<void> {
    save(
      await this.api.blob(this.address({ format: "csv" })),
      `${this.state.dataset}-annotations.csv`,
    );
  }
}

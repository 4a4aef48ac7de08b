// The filter above the table: a text to search for, and choices of FDR, adduct, class and sample.

import { debounce } from "../debounce.ts";
import { byId, setOptions } from "../dom.ts";
import { type Choices, START, type State } from "../state.ts";

/** How long typing must rest until the table is filtered. */
const SEARCH_AFTER_MS = 150;

/** Lets the filter change the state; `changed` filters the table. */
export function bindFilter({ choices }: State, changed: () => void): void {
  const search = byId<HTMLInputElement>("q");
  const searched = debounce(SEARCH_AFTER_MS, changed);
  search.value = choices.q;
  search.addEventListener("input", () => {
    choices.q = search.value;
    searched();
  });
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  const bind = (id: string, value: string, choose: (value: string) => void) => {
    const select = byId<HTMLSelectElement>(id);
    select.value = value;
    select.addEventListener("change", () => {
      choose(select.value);
      changed();
    });
  };
  bind("fdr", String(choices.fdr), (value) => (choices.fdr = Number(value)));
  bind("adduct", choices.adduct, (value) => (choices.adduct = value));
  bind("class", choices.class, (value) => (choices.class = value));
  bind("sample", choices.sample, (value) => (choices.sample = value));
}

/** Whether anything but the FDR leaves rows out. */
export function hasFilter({ q, adduct, class: kind, sample }: Choices): boolean {
  return [q.trim(), adduct, kind, sample].some((choice) => choice !== "");
}

/** Leaves nothing out any more, but by the FDR. */
export function resetFilter({ choices }: State): void {
  for (const key of ["q", "adduct", "class", "sample"] as const) choices[key] = START[key];
}

/** Shows in the fields what is chosen. */
export function showFilter(choices: Choices): void {
  for (const key of ["q", "fdr", "adduct", "class", "sample"] as const) {
    byId<HTMLSelectElement | HTMLInputElement>(key).value = String(choices[key]);
  }
}

/** Offers the adducts and classes that the dataset has. */
export function offerFilters(state: State): void {
  offer(state, "adduct", state.dataset?.adducts ?? []);
  offer(state, "class", state.dataset?.classes ?? []);
}

function offer({ choices }: State, key: "adduct" | "class", names: string[]): void {
  if (!names.includes(choices[key])) choices[key] = "";
  const options = names.map((name): [string, string] => [name, name]);
  const select = byId<HTMLSelectElement>(key);
  setOptions(select, [["", "all"], ...options], choices[key]);
  select.disabled = !names.length;
}

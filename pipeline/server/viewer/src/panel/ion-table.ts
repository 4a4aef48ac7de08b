// What several panels are made of: a table of ions, a button that shows an ion, and notes.

import { element } from "../dom.ts";
import type { Names } from "../names.ts";
import { type State, divisorOf } from "../state.ts";
import { type Thumbnails, thumbnailHead } from "../thumbnails.ts";

/** Shows another ion. */
export type ChooseIon = (ion: string) => void;

/** A row: the ion, then what its cells show. */
export type IonRow = [string, ...(string | Node)[]];

/** What a table of ions needs to know. */
export interface IonTableContext {
  names: Names;
  choose: ChooseIon;
  /** Shows images of the ions. */
  thumbnails?: Thumbnails;
}

/** A table whose first cells choose an ion; the others hold numbers. */
export function ionTable(
  titles: string[],
  rows: IonRow[],
  { names, choose, thumbnails }: IonTableContext,
): HTMLElement {
  const named = titles.map((title, i) =>
    element("th", { scope: "col", class: i ? "number" : "" }, title),
  );
  const heads = thumbnails ? [thumbnailHead(), ...named] : named;
  const body = rows.map(([ion, ...texts]) => {
    const image = thumbnails ? [element("td", { class: "image" }, thumbnails.of(ion, 0))] : [];
    const button = element("td", {}, ionButton(ion, names, choose));
    const cells = texts.map((text) => element("td", { class: "number" }, text));
    return element("tr", { "data-ion": ion }, ...image, button, ...cells);
  });
  return tableOf(heads, body);
}

/** A table of heads and rows, as wide as its place. */
export function tableOf(heads: HTMLElement[], body: HTMLElement[]): HTMLElement {
  return element(
    "table",
    { class: "rows" },
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...body),
  );
}

/** The name of an ion as a button that shows it. */
export function ionButton(ion: string, names: Names, choose: ChooseIon): HTMLElement {
  const attributes = { type: "button", class: "link", onclick: () => choose(ion) };
  return element("button", attributes, names.label(ion));
}

/** A line of text instead of, or beside, a table. */
export function note(text: string): HTMLElement {
  return element("p", { class: "quiet" }, text);
}

/** Says by what the intensities are divided that a panel compares, where they are. */
export function divisionNote(state: State): HTMLElement[] {
  const divisor = divisorOf(state);
  return divisor ? [note(`Intensities are divided by ${divisor}, as in the image.`)] : [];
}

/** A button above a panel. */
export function toolButton(id: string, text: string, act: () => void): HTMLElement {
  return element("button", { type: "button", id, onclick: act }, text);
}

/** The line above a panel: something at the left, buttons at the right. */
export function toolbar(left: HTMLElement, ...buttons: HTMLElement[]): HTMLElement {
  return element("div", { class: "tools" }, left, element("span", { class: "grow" }), ...buttons);
}

// What several panels are made of: a table of ions, a button that shows an ion, and notes.

import { element } from "../dom.ts";
import { ionName } from "../ion-name.ts";
import { type Thumbnails, thumbnailHead } from "../thumbnails.ts";

/** Shows another ion. */
export type ChooseIon = (ion: string) => void;

/** A row: the ion, then what its cells show. */
export type IonRow = [string, ...(string | Node)[]];

/** A table whose first cells choose an ion, with images of the ions where there are `thumbnails`. */
export function ionTable(
  titles: string[],
  rows: IonRow[],
  choose: ChooseIon,
  thumbnails?: Thumbnails,
): HTMLElement {
  const isNumber = (i: number) => i > 0 && i < titles.length - 1;
  const named = titles.map((title, i) =>
    element("th", { scope: "col", class: isNumber(i) ? "number" : "" }, title),
  );
  const heads = thumbnails ? [thumbnailHead(), ...named] : named;
  const body = rows.map(([ion, ...texts]) => {
    const image = thumbnails ? [element("td", { class: "image" }, thumbnails.of(ion, 0))] : [];
    const button = element("td", {}, ionButton(ion, choose));
    const cells = texts.map((text, i) =>
      element("td", { class: isNumber(i + 1) ? "number" : "names" }, text),
    );
    return element("tr", { "data-ion": ion }, ...image, button, ...cells);
  });
  return element(
    "table",
    { class: "rows" },
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...body),
  );
}

/** The name of an ion as a button that shows it. */
export function ionButton(ion: string, choose: ChooseIon): HTMLElement {
  const attributes = { type: "button", class: "link", onclick: () => choose(ion) };
  return element("button", attributes, ionName(ion));
}

/** A line of text instead of, or beside, a table. */
export function note(text: string): HTMLElement {
  return element("p", { class: "quiet" }, text);
}

/** A button above a panel. */
export function toolButton(id: string, text: string, act: () => void): HTMLElement {
  return element("button", { type: "button", id, onclick: act }, text);
}

/** The line above a panel: something at the left, buttons at the right. */
export function toolbar(left: HTMLElement, ...buttons: HTMLElement[]): HTMLElement {
  return element("div", { class: "tools" }, left, element("span", { class: "grow" }), ...buttons);
}

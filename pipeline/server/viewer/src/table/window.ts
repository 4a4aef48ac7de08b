// A window on a long list: only the rows that are seen are on the page.

import { element } from "../dom.ts";

/** Height of a row in points; the style sheet has the same. */
export const ROW_HEIGHT = 52;

/** Rows beyond both ends of what is seen, so that scrolling finds them there. */
const MARGIN = 6;

/** The rows that are to be on the page: from the first up to the one behind the last. */
export function rowsWithin(top: number, height: number, nRows: number): [number, number] {
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - MARGIN);
  const end = Math.ceil((top + height) / ROW_HEIGHT) + MARGIN;
  return [Math.min(first, nRows), Math.min(end, nRows)];
}

export class ListWindow {
  private readonly above = element("tr", { class: "spacer", "aria-hidden": "true" });
  private readonly below = element("tr", { class: "spacer", "aria-hidden": "true" });
  private readonly shown = new Map<number, HTMLElement>();
  private nRows = 0;

  /** `make` makes the row of a place. */
  constructor(
    private readonly scroller: HTMLElement,
    private readonly body: HTMLElement,
    private readonly head: HTMLElement,
    private readonly make: (at: number) => HTMLElement,
  ) {}

  /** Shows a list of so many rows from a row on. */
  open(nRows: number, first: number): void {
    this.nRows = nRows;
    this.shown.clear();
    this.body.replaceChildren(this.above, this.below);
    // There is a place to scroll to only where the list has its height.
    this.space(nRows, 0);
    this.scroller.scrollTop = first * ROW_HEIGHT;
    this.update();
  }

  /** Shows the rows that are seen now. Rows that stay are not touched, so that they keep the focus. */
  update(): void {
    const { scrollTop, clientHeight } = this.scroller;
    const [first, end] = rowsWithin(scrollTop, clientHeight, this.nRows);
    for (const [at, row] of this.shown) {
      if (at >= first && at < end) continue;
      row.remove();
      this.shown.delete(at);
    }
    let next: HTMLElement = this.below;
    for (let at = end - 1; at >= first; at--) {
      const row = this.shown.get(at) ?? this.make(at);
      if (!this.shown.has(at)) this.body.insertBefore(row, next);
      this.shown.set(at, row);
      next = row;
    }
    this.space(first, this.nRows - end);
  }

  /** Makes the rows anew that were waiting for their page. Others keep the focus. */
  renew(): void {
    for (const [at, row] of this.shown) {
      if (row.getAttribute("aria-busy") !== "true") continue;
      const hasFocus = row === document.activeElement;
      const renewed = this.make(at);
      row.replaceWith(renewed);
      this.shown.set(at, renewed);
      if (!hasFocus) continue;
      renewed.tabIndex = 0;
      renewed.focus();
    }
  }

  /** First and last row that are seen in full, from 0. */
  seen(): [number, number] {
    const { scrollTop, clientHeight } = this.scroller;
    const room = clientHeight - this.head.offsetHeight;
    const first = Math.min(this.nRows - 1, Math.ceil(scrollTop / ROW_HEIGHT));
    const last = Math.floor((scrollTop + room) / ROW_HEIGHT) - 1;
    return [Math.max(0, first), Math.max(first, Math.min(this.nRows - 1, last))];
  }

  /** Brings a row into sight, and returns it. */
  reveal(at: number): HTMLElement | undefined {
    const top = at * ROW_HEIGHT;
    const room = this.scroller.clientHeight - this.head.offsetHeight;
    const { scrollTop } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + room) {
      this.scroller.scrollTop = top + ROW_HEIGHT - room;
    }
    this.update();
    return this.shown.get(at);
  }

  /** The rows that are on the page. */
  rows(): IterableIterator<[number, HTMLElement]> {
    return this.shown.entries();
  }

  private space(nAbove: number, nBelow: number): void {
    this.above.style.height = `${nAbove * ROW_HEIGHT}px`;
    this.below.style.height = `${nBelow * ROW_HEIGHT}px`;
  }
}

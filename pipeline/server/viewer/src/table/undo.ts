// What the filter was before, so that a filter can be taken back.

import type { Choices } from "../state.ts";

/** Filters that are remembered. */
const MOST = 50;

const KEYS = ["fdr", "q", "adduct", "class", "sample", "sort"] as const;

type Filter = Pick<Choices, (typeof KEYS)[number]>;

export class FilterHistory {
  private readonly before: Filter[] = [];
  private now: Filter;

  constructor(choices: Choices) {
    this.now = filterOf(choices);
  }

  /** Remembers what was chosen until now. */
  note(choices: Choices): void {
    const next = filterOf(choices);
    if (KEYS.every((key) => next[key] === this.now[key])) return;
    this.before.push(this.now);
    if (this.before.length > MOST) this.before.shift();
    this.now = next;
  }

  /** Chooses again what was chosen before. Returns whether there was something. */
  undo(choices: Choices): boolean {
    const filter = this.before.pop();
    if (!filter) return false;
    Object.assign(choices, filter);
    this.now = filter;
    return true;
  }

  get isEmpty(): boolean {
    return this.before.length === 0;
  }
}

function filterOf({ fdr, q, adduct, class: kind, sample, sort }: Choices): Filter {
  return { fdr, q, adduct, class: kind, sample, sort };
}

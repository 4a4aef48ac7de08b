// What people call an ion: the likeliest of its molecules, with the formula beside it.

import type { Api } from "./api.ts";
import { element } from "./dom.ts";
import { formulaParts } from "./format.ts";

/** Names of ions, as far as answers of the server had them. */
export class Names {
  private names = new Map<string, string>();

  /** Remembers what an answer says of an ion. */
  learn(ion: string, molecules: readonly string[]): void {
    const [first] = molecules;
    this.names.set(ion, first ?? "");
  }

  /** The likeliest molecule of an ion; nothing where it has no name, or none is known. */
  of(ion: string): string {
    return this.names.get(ion) ?? "";
  }

  /** The molecule, or the ion where there is none: for labels that are read aloud. */
  plain(ion: string): string {
    return this.of(ion) || ion;
  }

  /** Asks for the names of ions that are not known yet; whether there was one. */
  async ask(api: Api, dataset: string, ions: string[]): Promise<boolean> {
    const unknown = ions.filter((ion) => !this.names.has(ion));
    for (const ion of unknown) {
      const { rows } = await api.annotations({ dataset, q: ion, limit: 20 });
      const row = rows.find((found) => found.ion === ion);
      this.learn(ion, row?.moleculeNames ?? []);
    }
    return unknown.length > 0;
  }

  /** Knows nothing more: another dataset may call ions otherwise. */
  forget(): void {
    this.names = new Map();
  }

  /** The name with the formula beside it; the formula alone where there is no name. */
  label(ion: string): HTMLElement {
    const name = this.of(ion);
    const formula = ionFormula(ion);
    if (!name) {
      formula.classList.add("alone");
      return element("span", { class: "ion-label", "data-ion": ion }, formula);
    }
    return element(
      "span",
      { class: "ion-label", "data-ion": ion },
      element("span", { class: "name" }, name),
      " ",
      formula,
    );
  }
}

/** A formula with its adduct as chemists write it. */
export function ionFormula(ion: string): HTMLElement {
  const parts = formulaParts(ion).map(([text, isLow]) => (isLow ? element("sub", {}, text) : text));
  return element("span", { class: "ion" }, ...parts);
}

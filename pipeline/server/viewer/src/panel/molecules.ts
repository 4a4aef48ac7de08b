// The panel of molecules: the Kendrick plot of what the filter leaves, and a row a molecule with all its ions.

import type { Annotation, Api } from "../api.ts";
import { element } from "../dom.ts";
import { counted, percent } from "../format.ts";
import { answerOf } from "../notice.ts";
import type { Choices, State } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import { type ChooseIon, note } from "./ion-table.ts";
import { UNITS, classColor, kendrickPlot, largestClasses } from "./kendrick.ts";

/** Annotations that are looked at, and molecules that are listed, at most. */
const MAX_ROWS = 5_000;
const MAX_MOLECULES = 200;

/** A formula, and the ions that it was found as. */
export interface MoleculeGroup {
  formula: string;
  names: string[];
  ions: Annotation[];
}

/** Annotations by formula, in the order of the best of each; an ion of several tables is there once. */
export function byMolecule(rows: Annotation[]): MoleculeGroup[] {
  const groups = new Map<string, MoleculeGroup>();
  for (const row of rows) {
    const group = groups.get(row.formula);
    if (!group) {
      groups.set(row.formula, {
        formula: row.formula,
        names: row.moleculeNames,
        ions: [row],
      });
    } else if (!group.ions.some(({ ion }) => ion === row.ion)) group.ions.push(row);
  }
  return [...groups.values()];
}

/** What the filter of the table leaves. */
function filtered({ dataset, fdr, q, adduct, class: kind, sample }: Choices) {
  return {
    dataset,
    fdr,
    ...(q.trim() ? { q: q.trim() } : {}),
    ...(adduct ? { adduct } : {}),
    ...(kind ? { class: kind } : {}),
    ...(sample ? { onSample: true } : {}),
  };
}

export async function moleculesPanel(
  state: State,
  api: Api,
  choose: ChooseIon,
  thumbnails: Thumbnails,
): Promise<Node[]> {
  const page = await answerOf(api.firstAnnotations(filtered(state.choices), MAX_ROWS));
  if (!page?.rows.length) return [note("No annotation is left by the filter of the table.")];
  const { rows, nMatching } = page;
  for (const { ion, moleculeNames } of rows) state.names.learn(ion, moleculeNames);
  const groups = byMolecule(rows);
  const listed = groups.slice(0, MAX_MOLECULES);
  const few = rows.length < nMatching ? `, of the best ${rows.length.toLocaleString("en")}` : "";
  const more = groups.length - listed.length;
  return [
    ...kendrickPart(state, rows, choose),
    element(
      "h3",
      {},
      `${counted(groups.length, "molecule")} up to FDR ${percent(state.choices.fdr)}${few}`,
    ),
    ...listed.map((group) => moleculeRow(group, state, choose, thumbnails)),
    ...(more ? [note(`${counted(more, "molecule")} more: filter the table to see them.`)] : []),
  ];
}

function moleculeRow(
  { formula, names, ions }: MoleculeGroup,
  state: State,
  choose: ChooseIon,
  thumbnails: Thumbnails,
): HTMLElement {
  const others = names.length > 1 ? ` and ${names.length - 1} more` : "";
  const figures = ions.map(({ ion, adduct, fdr }) => {
    const isChosen = ion === state.choices.ion;
    const caption = element("figcaption", {}, `${adduct}, ${percent(fdr)}`);
    return element(
      "button",
      {
        type: "button",
        class: "ion-figure",
        "data-ion": ion,
        "aria-pressed": String(isChosen),
        "aria-label": `${names[0] ?? formula} ${adduct}, FDR ${percent(fdr)}`,
        onclick: () => choose(ion),
      },
      element("figure", {}, thumbnails.of(ion, 0), caption),
    );
  });
  return element(
    "section",
    { class: "molecule", "aria-label": names[0] ?? formula },
    element("p", {}, element("strong", {}, `${names[0] ?? formula}${others}`), ` ${formula}`),
    element("div", { class: "isotopes" }, ...figures),
  );
}

/** The plot with the choice of its unit, and which colour is which class. */
function kendrickPart(state: State, rows: Annotation[], choose: ChooseIon): Node[] {
  const place = element("div", {});
  const select = element(
    "select",
    { id: "kendrick-unit", "aria-label": "Unit of the Kendrick plot" },
    ...UNITS.map(({ name }, i) => element("option", { value: i }, name)),
  );
  const draw = () => {
    const unit = UNITS[Number(select.value)];
    if (unit) place.replaceChildren(kendrickPlot(rows, unit, state.choices.ion, choose));
  };
  select.addEventListener("change", draw);
  draw();
  const classes = largestClasses(rows);
  const key = classes.map((kind) => {
    const dot = element("span", { class: "dot" });
    dot.style.background = classColor(classes, kind);
    return element("span", {}, dot, kind);
  });
  const head = element(
    "div",
    { class: "tools" },
    element("h3", {}, "Kendrick mass defect over m/z"),
    element("span", { class: "grow" }),
    element("label", {}, "Unit", select),
  );
  return [head, place, element("p", { class: "key quiet" }, ...key)];
}

// Known fragments and losses of a kind of lipids: where else it may be seen in the same spectra.

import type { Annotation } from "../api.ts";
import { element } from "../dom.ts";

/** A peak that molecules of a kind give: an ion of its own, or the ion less a part of it. */
interface Hint {
  /** Abbreviations with which names of its molecules begin. */
  classes: string[];
  polarity: "positive" | "negative";
  what: string;
  /** m/z of the fragment, or mass of the neutral loss, in Da. */
  mz?: number;
  loss?: number;
}

/** Brügger et al., PNAS 1997; Pulfer and Murphy, Mass Spectrom. Rev. 2003; Murphy and Axelsen, Mass
 * Spectrom. Rev. 2011. Masses are computed from formulas. */
const HINTS: Hint[] = [
  hint(["PC", "LPC", "SM"], "positive", "phosphocholine, C₅H₁₅NO₄P⁺", { mz: 184.073321 }),
  hint(["PC", "LPC", "SM"], "positive", "loss of trimethylamine", { loss: 59.073499 }),
  hint(["PE", "LPE"], "positive", "loss of phosphoethanolamine", { loss: 141.019094 }),
  hint(["PS", "LPS"], "positive", "loss of phosphoserine", { loss: 185.008923 }),
  hint(["PS", "LPS"], "negative", "loss of serine, C₃H₅NO₂", { loss: 87.032028 }),
  hint(["PI", "LPI"], "negative", "inositol phosphate, C₆H₁₀O₈P⁻", { mz: 241.011876 }),
  hint(["PA", "PG", "CL", "PS", "PI"], "negative", "glycerol phosphate, C₃H₆O₅P⁻", {
    mz: 152.995831,
  }),
  hint(["Cer", "HexCer", "SM"], "positive", "sphingosine d18:1 less two water, C₁₈H₃₄N⁺", {
    mz: 264.268576,
  }),
  hint(["HexCer", "Hex2Cer"], "positive", "loss of a hexose", { loss: 162.052823 }),
  hint(["ST", "SHexCer"], "negative", "hydrogen sulfate, HSO₄⁻", { mz: 96.960106 }),
  hint(["CE"], "positive", "cholesterol less water, C₂₇H₄₅⁺", { mz: 369.351577 }),
  hint(["CAR"], "positive", "C₄H₅O₂⁺ of carnitine", { mz: 85.028406 }),
];

function hint(
  classes: string[],
  polarity: Hint["polarity"],
  what: string,
  place: { mz: number } | { loss: number },
): Hint {
  return { classes, polarity, what, ...place };
}

/** Where fragments of an ion would be seen: what they are, and their m/z. */
export function fragmentsOf({
  moleculeNames,
  ion,
  mz,
}: Pick<Annotation, "moleculeNames" | "ion" | "mz">): { what: string; mz: number }[] {
  const polarity = ion.endsWith("-") ? "negative" : "positive";
  // `PC 34:1`, `PC(16:0/18:1)` and `PC O-34:1` are of PC.
  const kinds = new Set(moleculeNames.map((name) => name.split(/[ (]/, 1)[0]));
  const known = HINTS.filter(
    (hint) => hint.polarity === polarity && hint.classes.some((name) => kinds.has(name)),
  );
  return known.map((hint) => ({ what: hint.what, mz: hint.mz ?? mz - (hint.loss ?? 0) }));
}

/** The list of fragments, each of which shows its image; nothing where none is known. */
export function fragmentPart(row: Annotation, showMz: (mz: number) => void): Node[] {
  const found = fragmentsOf(row).filter(({ mz }) => mz > 0);
  if (!found.length) return [];
  const items = found.map(({ what, mz }) => {
    const shown = Number(mz.toFixed(5));
    const attributes = { type: "button", class: "link", onclick: () => showMz(shown) };
    return element("li", {}, element("button", attributes, `m/z ${mz.toFixed(4)}`), ` ${what}`);
  });
  return [
    element("h3", {}, "Known fragments of its kind"),
    element(
      "p",
      { class: "quiet" },
      "A fragment that forms in the source lies where the molecule does.",
    ),
    element("ul", { id: "fragments", class: "molecules" }, ...items),
  ];
}

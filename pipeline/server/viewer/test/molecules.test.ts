// Molecules of annotations, Kendrick masses, and known fragments.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Annotation } from "../src/api.ts";
import { fragmentsOf } from "../src/panel/fragments.ts";
import { UNITS, classColor, kendrickDefect, largestClasses } from "../src/panel/kendrick.ts";
import { byMolecule } from "../src/panel/molecules.ts";

function row(formula: string, ion: string, kind: string, mz = 760.585): Annotation {
  return {
    formula,
    ion,
    mz,
    moleculeNames: [`${kind} 34:1`],
    moleculeClasses: [kind],
  } as unknown as Annotation;
}

test("ions of a molecule stand together, each once, the best molecule first", () => {
  const rows = [
    row("C42H82NO8P", "C42H82NO8P+H+", "PC"),
    row("C6H12O6", "C6H12O6+K+", "Hex"),
    row("C42H82NO8P", "C42H82NO8P+K+", "PC"),
    row("C42H82NO8P", "C42H82NO8P+H+", "PC"),
  ];
  const groups = byMolecule(rows).map(({ formula, ions }) => [formula, ions.map(({ ion }) => ion)]);
  assert.deepEqual(groups, [
    ["C42H82NO8P", ["C42H82NO8P+H+", "C42H82NO8P+K+"]],
    ["C6H12O6", ["C6H12O6+K+"]],
  ]);
});

test("ions that differ by the unit have one defect", () => {
  const [methylene, , hydrogen] = UNITS;
  assert.ok(methylene && hydrogen);
  const [short, long] = [760.5851, 760.5851 + 2 * 14.01565];
  assert.ok(Math.abs(kendrickDefect(short, methylene) - kendrickDefect(long, methylene)) < 1e-6);
  assert.ok(
    Math.abs(kendrickDefect(short, methylene) - kendrickDefect(short - 2.01565, methylene)) > 0.01,
  );
  for (const unit of UNITS) assert.ok(Math.abs(kendrickDefect(885.55, unit)) <= 0.5);
});

test("the largest classes have colours of their own", () => {
  const rows = ["PC", "PC", "PE", "", "SM", "PE", "PC"].map((kind, i) =>
    row(`C${i}`, `C${i}+`, kind),
  );
  const classes = largestClasses(rows);
  assert.deepEqual(classes, ["PC", "PE", "SM"]);
  assert.notEqual(classColor(classes, "PC"), classColor(classes, "PE"));
  assert.equal(classColor(classes, "TG"), classColor(classes, ""));
});

test("fragments are those of the class and the polarity", () => {
  const of = (kind: string, ion: string) => fragmentsOf(row("C42H82NO8P", ion, kind));
  assert.deepEqual(
    of("PC", "C42H82NO8P+H+").map(({ mz }) => mz.toFixed(3)),
    ["184.073", "701.512"],
  );
  assert.deepEqual(of("PC", "C42H82NO8P-H-"), []);
  assert.equal(of("PI", "C47H83O13P-H-").length, 2);
  assert.deepEqual(of("Hexose", "C6H12O6+K+"), []);
  const hmdb = { moleculeNames: ["PC(16:0/18:1(9Z))"], ion: "C42H82NO8P+K+", mz: 798.541 };
  assert.equal(fragmentsOf(hmdb).length, 2);
});

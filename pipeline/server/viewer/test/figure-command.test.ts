// The command that draws what is seen.

import assert from "node:assert/strict";
import { test } from "node:test";

import { figureCommand } from "../src/figure-command.ts";
import { START } from "../src/state.ts";

test("an ion with what is not as usual", () => {
  const choices = { ...START, dataset: "brain-results", ion: "C40H80NO8P+K+" };
  assert.equal(
    figureCommand(choices),
    "metaspace figure brain-results --ion C40H80NO8P+K+ --out figure.pdf",
  );
  const divided = { ...choices, scale: "sqrt" as const, hotspot: 1, normalization: "ion=PI 38:4" };
  assert.equal(
    figureCommand({ ...divided, colormap: "magma" }),
    "metaspace figure brain-results --ion C40H80NO8P+K+ --colormap magma --scale sqrt --hotspot 1 " +
      "--normalize 'ion=PI 38:4' --out figure.pdf",
  );
});

test("the optical image lies over or under the ions", () => {
  const choices = { ...START, dataset: "a", ion: "C5H9NO4-H-" };
  const command = "metaspace figure a --ion C5H9NO4-H- --optical";
  assert.equal(figureCommand(choices, true), `${command} over --opacity 0.5 --out figure.pdf`);
  const under = { ...choices, optical: "under" as const, opacity: 0.7 };
  assert.equal(figureCommand(under, true), `${command} under --opacity 0.7 --out figure.pdf`);
  const off = { ...choices, optical: "off" as const };
  assert.equal(figureCommand(off, true), figureCommand(choices));
});

test("channels are one picture, and an m/z is none", () => {
  const channel = (ion: string) => ({ ion, color: "#ff00ff", opacity: 1 });
  const channels = [channel("C6H12O6+K+"), channel("C5H9NO4-H-")];
  assert.equal(
    figureCommand({ ...START, dataset: "it's", ion: "C6H12O6+K+", channels }),
    "metaspace figure 'it'\\''s' --composite C6H12O6+K+ --composite C5H9NO4-H- --out figure.pdf",
  );
  assert.equal(figureCommand({ ...START, dataset: "a", ion: "C6H12O6+K+", mz: 500 }), undefined);
  assert.equal(figureCommand({ ...START, dataset: "a" }), undefined);
});

// Numbers and names as they are shown.

import assert from "node:assert/strict";
import { test } from "node:test";

import { amount, firstName, formulaParts, measureName, percent } from "../src/format.ts";

test("numbers and names are short", () => {
  assert.deepEqual([0, 0.5, 123.4, 123456, 0.001].map(amount), [
    "0",
    "0.500",
    "123",
    "1.23e5",
    "1.00e-3",
  ]);
  assert.deepEqual([0.011, 0.2].map(percent), ["1.1 %", "20 %"]);
  assert.equal(firstName(["a", "b", "c"]), "a +2");
  assert.equal(measureName("tfidf_cosine"), "TF-IDF cosine");
  assert.equal(measureName("median_thresholded_cosine"), "Median thresholded cosine");
  const text = formulaParts("C6H12O6+K+")
    .map(([part, isLow]) => (isLow ? `_${part}` : part))
    .join("");
  assert.equal(text, "C_6H_12O_6+K+");
});

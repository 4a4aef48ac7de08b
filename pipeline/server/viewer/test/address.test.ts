// What stands in addresses: the page's own and those of requests.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHash, toHash } from "../src/address.ts";
import { queryString } from "../src/client.ts";
import { START } from "../src/state.ts";

test("the address holds what differs from the start", () => {
  assert.equal(toHash(START), "");
  const state = {
    ...START,
    ion: "C6H12O6+K+",
    q: "a&b=c#d +",
    fdr: 0.5,
    offset: 50,
    channels: [{ ion: "C43H73O8P+H+", color: "#ff00ff", opacity: 0.5 }],
  };
  assert.deepEqual(fromHash(`#${toHash(state)}`), state);
  assert.deepEqual(fromHash("#fdr=x&nothing=1&channels=a~red~1|b~00ff00~9|~~"), START);
});

test("parameters are escaped and those not given are left out", () => {
  assert.equal(queryString({ ion: "C1+H+", q: "", fdr: 0, x: undefined }), "?ion=C1%2BH%2B&fdr=0");
  assert.equal(queryString({}), "");
});

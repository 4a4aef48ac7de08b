// The tabs above the panel, which choose what it shows of the ion.

import { byId, element } from "../dom.ts";
import type { State } from "../state.ts";

const TABS: { key: string; title: string }[] = [
  { key: "ion", title: "Ion" },
  { key: "partners", title: "Co-localized" },
  { key: "spectrum", title: "Peaks" },
  { key: "molecules", title: "Molecules" },
  { key: "regions", title: "Regions" },
  { key: "compare", title: "Compare" },
];

/** Makes the tabs; `open` shows another one. */
export function bindTabs({ choices }: State, open: (key: string) => void): void {
  const list = byId("tabs");
  const buttons = TABS.map(({ key, title }) =>
    element(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${key}`,
        "aria-controls": "panel",
        onclick: () => open(key),
      },
      title,
    ),
  );
  list.replaceChildren(...buttons);
  list.addEventListener("keydown", (event) => {
    const at = TABS.findIndex(({ key }) => key === choices.tab);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to = step && TABS[(at + step + TABS.length) % TABS.length];
    if (!to) return;
    event.preventDefault();
    open(to.key);
    byId(`tab-${to.key}`).focus();
  });
  if (!TABS.some(({ key }) => key === choices.tab)) choices.tab = "ion";
}

/** Marks the tab that is open, which is also the one that Tab reaches. */
export function markTab({ choices }: State): void {
  for (const { key } of TABS) {
    const isOpen = key === choices.tab;
    byId(`tab-${key}`).setAttribute("aria-selected", String(isOpen));
    byId(`tab-${key}`).tabIndex = isOpen ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${choices.tab}`);
}

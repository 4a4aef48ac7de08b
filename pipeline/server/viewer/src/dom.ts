// Elements of the page: found, created, and filled with options.

/** The element of an id, which the page has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

type Child = Node | string;

/** A new element. Attributes whose name begins with `on` are listeners; `true` is an empty attribute. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string | number | boolean | undefined | ((event: Event) => void)> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") created.addEventListener(key.slice(2), value);
    else if (value === true) created.setAttribute(key, "");
    else if (value !== undefined && value !== false) created.setAttribute(key, String(value));
  }
  created.append(...children);
  return created;
}

/** Fills a choice with options, each a value and its text, and chooses one. */
export function setOptions(
  select: HTMLSelectElement,
  values: [string, string][],
  chosen: string,
): void {
  select.replaceChildren(...values.map(([value, text]) => element("option", { value }, text)));
  select.value = chosen;
}

// Elements: found, made, and filled.

/** The element of an id, which the page has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

type Child = Node | string;

/** A new element. Attributes whose name begins with `on` are listeners; `true` is an empty attribute. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string | number | boolean | undefined | ((event: Event) => void)> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== undefined && value !== false) made.setAttribute(key, String(value));
  }
  made.append(...children);
  return made;
}

/** Options of a choice, one of them chosen. */
export function options(
  select: HTMLSelectElement,
  values: [string, string][],
  chosen: string,
): void {
  select.replaceChildren(...values.map(([value, text]) => el("option", { value }, text)));
  select.value = chosen;
}

/** Lets the user save something. */
export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name.replace(/[^A-Za-z0-9+_.()-]/g, "_") }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Calls once, when nothing more has come for a while. */
export function calm<T extends unknown[]>(
  milliseconds: number,
  call: (...args: T) => void,
): (...args: T) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...args), milliseconds);
  };
}

let hide: ReturnType<typeof setTimeout> | undefined;

/** Says something for a few seconds. */
export function say(text: string): void {
  const status = byId("status");
  status.textContent = text;
  status.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => (status.hidden = true), 6_000);
}

// The part of the address behind the #, which holds what the user chose.

import { type Channel, type Choices, START } from "./state.ts";

type PlainKey = Exclude<keyof Choices, "channels">;

const PLAIN_KEYS = Object.keys(START).filter((key): key is PlainKey => key !== "channels");

/** The choices of the page's address. */
export function readAddress(): Choices {
  return fromHash(location.hash);
}

/** Keeps the choices in the page's address, without a new entry in the history. */
export function writeAddress(choices: Choices): void {
  history.replaceState(null, "", `#${toHash(choices)}`);
}

/** What differs from the start, as it stands behind the # of an address. */
export function toHash(choices: Choices): string {
  const parts = PLAIN_KEYS.filter((key) => choices[key] !== START[key]).map(
    (key) => `${key}=${encodeURIComponent(String(choices[key]))}`,
  );
  if (choices.channels.length) {
    const list = choices.channels.map(({ ion, color, opacity }) =>
      [ion, color.slice(1), opacity].join("~"),
    );
    parts.push(`channels=${encodeURIComponent(list.join("|"))}`);
  }
  return parts.join("&");
}

/** The choices of an address; what cannot be understood is left as it is at the start. */
export function fromHash(hash: string): Choices {
  const choices: Choices = { ...START, channels: [] };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, "").replaceAll("+", "%2B"))) {
    if (key === "channels") choices.channels = parseChannels(value);
    else if (PLAIN_KEYS.includes(key as PlainKey)) assign(choices, key as PlainKey, value);
  }
  return choices;
}

function parseChannels(text: string): Channel[] {
  return text.split("|").flatMap((channel) => {
    const [ion, color, opacity] = channel.split("~");
    const isColor = color !== undefined && /^[0-9a-f]{6}$/.test(color);
    const share = Number(opacity);
    return ion && isColor && share >= 0 && share <= 1
      ? [{ ion, color: `#${color}`, opacity: share }]
      : [];
  });
}

function assign(choices: Choices, key: PlainKey, value: string): void {
  if (typeof START[key] !== "number") Object.assign(choices, { [key]: value });
  else if (value !== "" && Number.isFinite(Number(value))) {
    Object.assign(choices, { [key]: Number(value) });
  }
}

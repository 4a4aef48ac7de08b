// The channels of a composite: ions that are shown together, each in its colour.

import { byId, element } from "../dom.ts";
import type { Channel, State } from "../state.ts";

/** Channels of a composite, at most. */
const MAX_CHANNELS = 7;

/** Adds the ion that is shown, in the first colour that no channel has. */
export function addChannel({ choices, served }: State): void {
  const { ion, channels } = choices;
  const colors = served?.channelColors ?? [];
  const free = colors.find((color) => !channels.some((channel) => channel.color === color));
  channels.push({ ion, color: free ?? "#ffffff", opacity: 1 });
}

/** Lists the channels, and lets the user change them. */
export function showChannels(state: State, changed: () => void): void {
  const { ion, mz, channels } = state.choices;
  const items = channels.map((channel, i) => {
    const remove = () => {
      channels.splice(i, 1);
      changed();
    };
    return channelItem(state, channel, changed, remove);
  });
  byId("channels").replaceChildren(...items);
  byId<HTMLButtonElement>("add-channel").disabled =
    !ion ||
    mz > 0 ||
    channels.length >= MAX_CHANNELS ||
    channels.some((channel) => channel.ion === ion);
}

function channelItem(
  { names }: State,
  channel: Channel,
  changed: () => void,
  remove: () => void,
): HTMLElement {
  const name = names.plain(channel.ion);
  const color = element("input", {
    type: "color",
    value: channel.color,
    "aria-label": `Colour of ${name}`,
  });
  const opacity = element("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 0.05,
    value: channel.opacity,
    "aria-label": `Opacity of ${name}`,
  });
  color.addEventListener("change", () => {
    channel.color = color.value;
    changed();
  });
  opacity.addEventListener("change", () => {
    channel.opacity = Number(opacity.value);
    changed();
  });
  const button = element(
    "button",
    { type: "button", "aria-label": `Remove ${name}`, onclick: remove },
    "×",
  );
  return element("li", {}, color, names.label(channel.ion), opacity, button);
}

// The command that draws what is seen as a figure for a paper, so that it can be drawn again.

import { notify } from "./notice.ts";
import { type Choices, START, type State } from "./state.ts";

/** `metaspace figure` of the ion, or of the channels, that are seen; nothing of an m/z, which no figure has. */
export function figureCommand(choices: Choices, hasOptical = false): string | undefined {
  const { channels, colormap, dataset, hotspot, ion, mz, normalization, scale } = choices;
  const { optical, opacity, opticalOpacity } = choices;
  if (!channels.length && (mz || !ion)) return undefined;
  const ions = channels.length
    ? channels.map((channel) => `--composite ${quoted(channel.ion)}`)
    : [`--ion ${quoted(ion)}`];
  const options = [
    colormap === START.colormap ? "" : `--colormap ${colormap}`,
    scale === START.scale ? "" : `--scale ${scale}`,
    hotspot === START.hotspot ? "" : `--hotspot ${hotspot}`,
    normalization === START.normalization ? "" : `--normalize ${quoted(normalization)}`,
    // Of what lies above.
    hasOptical && optical === "over" ? `--optical over --opacity ${opticalOpacity}` : "",
    hasOptical && optical === "under" ? `--optical under --opacity ${opacity}` : "",
  ];
  const words = ["metaspace figure", quoted(dataset), ...ions, ...options, "--out figure.pdf"];
  return words.filter(Boolean).join(" ");
}

/** Copies the command, and shows it; where the browser copies nothing, it can be read at least. */
export async function copyFigureCommand({ choices, optical }: State): Promise<void> {
  const command = figureCommand(choices, optical !== undefined);
  if (!command) {
    notify("A figure has annotated ions: choose one in the table");
    return;
  }
  try {
    await navigator.clipboard.writeText(command);
    notify(`Copied, to be run beside the results folder: ${command}`);
  } catch {
    notify(command);
  }
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w.+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

// The picture that is saved: the image with what it is, its colours or channels, and a scale bar.

import { amount, lengthOf, windowName } from "../format.ts";
import { type State, divisorOf, windowPpm } from "../state.ts";
import { type Layer, drawStack } from "./layers.ts";
import { imageSize, scaleBar } from "./viewport.ts";

/** Longer side of the image in a picture, at most, unless the image itself is longer. */
const SAVED_SIDE = 1200;

/** Width of a picture, at least, so that its words have room. */
const MIN_WIDTH = 640;

/** Points of words, and of the room around them. */
const TEXT = 22;
const MARGIN = 24;
const LINE = 34;

const INK = "#1a2030";
const QUIET = "#555f73";

/** A picture of the layers, each pixel in its shape, on white. */
export async function pictureOf(state: State, layers: Layer[]): Promise<Blob> {
  const image = imageSize(state.dataset, state.choices.plane);
  const { stretch } = image;
  const nRows = image.to - image.from;
  const longer = Math.max(image.width, nRows * stretch);
  const zoom = Math.max(1, Math.floor(SAVED_SIDE / longer));
  const [width, height] = [image.width * zoom, Math.round(nRows * zoom * stretch)];
  const { channels } = state.choices;
  const nLines = 2 + Math.max(1, channels.length);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(width, MIN_WIDTH) + 2 * MARGIN;
  const hasBar = state.dataset?.pixelSizeUm !== null;
  canvas.height = height + 3 * MARGIN + nLines * LINE + (hasBar ? LINE : 0);
  const context = canvas.getContext("2d");
  if (context) {
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    const top = drawWords(context, state);
    context.save();
    context.beginPath();
    context.rect(MARGIN, top, width, height);
    context.clip();
    if (channels.length) {
      context.fillStyle = "#000000";
      context.fillRect(MARGIN, top, width, height);
    }
    drawStack(context, layers, state, image, {
      zoom,
      stretch,
      left: MARGIN,
      top: top - image.from * zoom * stretch,
    });
    context.restore();
    const below = drawBar(context, state, zoom, width, top + height + MARGIN);
    if (channels.length) drawKey(context, state, below);
    else drawColors(context, state, layers[0]?.ceiling, below);
  }
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large")))),
  );
}

/** What the picture shows, in words; returns where the image begins. */
function drawWords(context: CanvasRenderingContext2D, state: State): number {
  const { choices, names, row } = state;
  const { ion, mz, channels, isotope } = choices;
  let title = names.of(ion) ? `${names.of(ion)}  ${ion}` : ion;
  let facts = row && row.ion === ion ? `m/z ${row.mz.toFixed(4)}` : "";
  if (isotope) facts += `, isotope ${isotope}`;
  const plane = state.dataset?.planes[choices.plane - 1];
  if (plane) facts += `, z ${plane.z}`;
  if (channels.length) [title, facts] = [`${channels.length} channels`, ""];
  else if (mz) [title, facts] = [windowName(mz, windowPpm(state)), ""];
  words(context, title, MARGIN, MARGIN + TEXT, `600 ${TEXT}px`, INK);
  const about = [facts, state.dataset?.name, styleOf(state)].filter(Boolean).join(" · ");
  words(context, about, MARGIN, MARGIN + TEXT + LINE, `${TEXT * 0.75}px`, QUIET);
  return 2 * MARGIN + 2 * LINE - TEXT / 2;
}

/** How the intensities became colours, where it is not the usual way. */
function styleOf(state: State): string {
  const { scale } = state.choices;
  const divisor = divisorOf(state);
  const parts = [
    scale === "linear" ? "" : `${scale} scale`,
    divisor ? `divided by ${divisor}` : "",
    state.optical && state.choices.optical !== "off"
      ? `${state.optical.name} ${state.choices.optical} it`
      : "",
  ];
  return parts.filter(Boolean).join(", ");
}

/** The scale bar below the image; returns where what follows begins. */
function drawBar(
  context: CanvasRenderingContext2D,
  { dataset }: State,
  zoom: number,
  width: number,
  top: number,
): number {
  const pixelUm = dataset?.pixelSizeUm?.[0];
  if (!pixelUm) return top;
  const bar = scaleBar(pixelUm, zoom, width * 0.3);
  context.fillStyle = INK;
  context.fillRect(MARGIN, top + 4, bar.points, 5);
  words(context, lengthOf(bar.um), MARGIN + bar.points + 12, top + 14, `${TEXT * 0.8}px`, INK);
  return top + LINE;
}

/** The colours from no intensity to the brightest. */
function drawColors(
  context: CanvasRenderingContext2D,
  { choices, served }: State,
  ceiling: number | undefined,
  top: number,
): void {
  const colors = served?.colormaps[choices.colormap] ?? [];
  const width = 260;
  words(context, "0", MARGIN, top + 18, `${TEXT * 0.8}px`, INK);
  const left = MARGIN + 24;
  colors.forEach((color, i) => {
    context.fillStyle = color;
    context.fillRect(left + (i * width) / colors.length, top + 2, width / colors.length + 1, 20);
  });
  const most = ceiling === undefined ? "" : `${choices.hotspot < 1 ? "≥ " : ""}${amount(ceiling)}`;
  words(context, most, left + width + 12, top + 18, `${TEXT * 0.8}px`, INK);
}

/** Which colour is which ion. */
function drawKey(context: CanvasRenderingContext2D, { choices, names }: State, top: number): void {
  choices.channels.forEach(({ ion, color }, i) => {
    const y = top + i * LINE;
    context.fillStyle = color;
    context.fillRect(MARGIN, y, 22, 22);
    context.strokeStyle = QUIET;
    context.strokeRect(MARGIN + 0.5, y + 0.5, 21, 21);
    const name = names.of(ion) ? `${names.of(ion)}  ${ion}` : ion;
    words(context, name, MARGIN + 34, y + 18, `${TEXT * 0.8}px`, INK);
  });
}

function words(
  context: CanvasRenderingContext2D,
  text: string,
  left: number,
  base: number,
  font: string,
  color: string,
): void {
  context.font = `${font} system-ui, sans-serif`;
  context.fillStyle = color;
  context.fillText(text, left, base, context.canvas.width - left - MARGIN);
}

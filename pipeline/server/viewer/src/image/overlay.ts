// Draws over the ion image: outlines of regions, frames of pixels, and the scale bar.

import { lengthOf } from "../format.ts";
import type { Corner, Region, Ring } from "../regions/region.ts";
import { type Size, type Viewport, scaleBar, toScreen } from "./viewport.ts";

const OPEN_REGION_COLOR = "#ffd54a";
const TISSUE_COLOR = "#ffffff";

/** Draws the outline of a region, its name in its middle, and a veil over one that is selected. */
export function drawRegion(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { name, color, rings }: Region,
  isSelected: boolean,
): void {
  if (isSelected) {
    context.beginPath();
    for (const ring of rings) trace(context, view, ring, true);
    context.fillStyle = `${color}33`;
    context.fill("evenodd");
  }
  for (const ring of rings) drawLine(context, view, ring, true, color);
  const largest = [...rings].sort((a, b) => extent(b) - extent(a))[0];
  if (!largest) return;
  const [left, top, right, bottom] = bounds(largest);
  drawName(context, toScreen(view, (left + right) / 2, (top + bottom) / 2), name, color);
}

/** Draws the outline of the tissue, thinner than what the user drew. */
export function drawTissue(context: CanvasRenderingContext2D, view: Viewport, rings: Ring[]): void {
  context.setLineDash([5, 3]);
  for (const ring of rings) drawLine(context, view, ring, true, TISSUE_COLOR, 1);
  context.setLineDash([]);
}

/** Left, top, right and bottom of a ring. */
function bounds(ring: Ring): [number, number, number, number] {
  // Outlines of pixels have more corners than a call takes arguments.
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of ring) {
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return [left, top, right, bottom];
}

function extent(ring: Ring): number {
  const [left, top, right, bottom] = bounds(ring);
  return (right - left) * (bottom - top);
}

function drawName(
  context: CanvasRenderingContext2D,
  [left, top]: [number, number],
  name: string,
  color: string,
): void {
  context.font = "600 12px system-ui, sans-serif";
  const width = context.measureText(name).width + 10;
  context.fillStyle = "rgb(0 0 0 / 70%)";
  context.fillRect(left - width / 2, top - 9, width, 17);
  context.fillStyle = color;
  context.fillText(name, left - width / 2 + 5, top + 4);
}

/** Draws what is not finished: a row of corners on to the pointer, or the outline of a shape. */
export function drawOpenRegion(
  context: CanvasRenderingContext2D,
  view: Viewport,
  rings: Ring[],
  isClosed: boolean,
): void {
  for (const ring of rings) {
    drawLine(context, view, ring, isClosed, OPEN_REGION_COLOR);
    if (isClosed) continue;
    for (const [x, y] of ring.slice(0, -1)) {
      const [left, top] = toScreen(view, x, y);
      context.fillStyle = OPEN_REGION_COLOR;
      context.fillRect(left - 3, top - 3, 6, 6);
    }
  }
}

/** Draws a frame around a pixel. */
export function drawFrame(
  context: CanvasRenderingContext2D,
  view: Viewport,
  [x, y]: [number, number],
  color: string,
): void {
  const corners: Corner[] = [
    [x, y],
    [x + 1, y],
    [x + 1, y + 1],
    [x, y + 1],
  ];
  drawLine(context, view, corners, true, color);
}

/** Draws a bar of a round length at the lower left. */
export function drawScaleBar(
  context: CanvasRenderingContext2D,
  view: Viewport,
  screen: Size,
  pixelUm: number,
): void {
  const bar = scaleBar(pixelUm, view.zoom, Math.min(160, screen.width / 3));
  context.font = "600 12px system-ui, sans-serif";
  const text = lengthOf(bar.um);
  const width = Math.max(bar.points, context.measureText(text).width) + 16;
  context.fillStyle = "rgb(0 0 0 / 65%)";
  context.fillRect(10, screen.height - 42, width, 32);
  context.fillStyle = "#ffffff";
  context.fillRect(18, screen.height - 18, bar.points, 3);
  context.fillText(text, 18, screen.height - 24);
}

function drawLine(
  context: CanvasRenderingContext2D,
  view: Viewport,
  corners: Corner[],
  isClosed: boolean,
  color: string,
  width = 2,
): void {
  context.beginPath();
  trace(context, view, corners, isClosed);
  // Dark edges keep the line visible on bright pixels.
  const strokes = [
    { thickness: 2 * width, style: "rgb(0 0 0 / 60%)" },
    { thickness: width, style: color },
  ];
  for (const { thickness, style } of strokes) {
    context.lineWidth = thickness;
    context.strokeStyle = style;
    context.stroke();
  }
}

/** Adds a line through corners to the path. */
function trace(
  context: CanvasRenderingContext2D,
  view: Viewport,
  corners: Corner[],
  isClosed: boolean,
): void {
  corners.forEach(([x, y], i) => {
    const [left, top] = toScreen(view, x, y);
    if (i) context.lineTo(left, top);
    else context.moveTo(left, top);
  });
  if (isClosed) context.closePath();
}

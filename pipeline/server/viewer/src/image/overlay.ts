// Draws over the ion image: outlines of regions, frames of pixels, and the scale bar.

import { lengthOf } from "../format.ts";
import type { Corner } from "./region.ts";
import { type Size, type Viewport, scaleBar, toScreen } from "./viewport.ts";

const REGION_COLOR = "#ffffff";
const OPEN_REGION_COLOR = "#ffd54a";

/** Draws the outline of a closed region. */
export function drawRegion(
  context: CanvasRenderingContext2D,
  view: Viewport,
  corners: Corner[],
): void {
  drawLine(context, view, corners, true, REGION_COLOR);
}

/** Draws the corners of a region that is not closed, and a line on to the pointer. */
export function drawOpenRegion(
  context: CanvasRenderingContext2D,
  view: Viewport,
  corners: Corner[],
  pointer: Corner | undefined,
): void {
  if (!corners.length) return;
  const line = pointer ? [...corners, pointer] : corners;
  drawLine(context, view, line, false, OPEN_REGION_COLOR);
  for (const [x, y] of corners) {
    const [left, top] = toScreen(view, x, y);
    context.fillStyle = OPEN_REGION_COLOR;
    context.fillRect(left - 3, top - 3, 6, 6);
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
): void {
  context.beginPath();
  corners.forEach(([x, y], i) => {
    const [left, top] = toScreen(view, x, y);
    if (i) context.lineTo(left, top);
    else context.moveTo(left, top);
  });
  if (isClosed) context.closePath();
  // Dark edges keep the line visible on bright pixels.
  const strokes = [
    { width: 4, style: "rgb(0 0 0 / 60%)" },
    { width: 2, style: color },
  ];
  for (const { width, style } of strokes) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.stroke();
  }
}

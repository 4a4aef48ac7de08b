// Draws the layers of an ion image over each other: one picture, or a composite of channels.

import type { Picture } from "../api.ts";
import type { Size, Viewport } from "./viewport.ts";

/** A picture, and how much of it is seen. */
export interface Layer extends Picture {
  opacity: number;
  /** Colour by which a grey picture is multiplied; layers of colours are added. */
  color?: string;
}

/** Draws layers of an image at its place in the viewport. */
export function drawLayers(
  context: CanvasRenderingContext2D,
  layers: Layer[],
  image: Size,
  view: Viewport,
): void {
  const [width, height] = [image.width * view.zoom, image.height * view.zoom * view.stretch];
  const place = [view.left, view.top, width, height] as const;
  for (const { picture, opacity, color } of layers) {
    context.imageSmoothingEnabled = false;
    if (color === undefined) {
      context.globalAlpha = opacity;
      context.drawImage(picture, ...place);
      context.globalAlpha = 1;
    } else {
      context.globalCompositeOperation = "lighter";
      context.drawImage(tinted(picture, color, opacity), ...place);
      context.globalCompositeOperation = "source-over";
    }
  }
}

/** Fills a canvas with a picture of so many points, in the shape of its pixels. */
export function drawWhole(canvas: HTMLCanvasElement, picture: ImageBitmap, stretch: number): void {
  // The shorter side of a pixel is a point, so that no row or column is lost.
  canvas.width = Math.round(picture.width / Math.min(1, stretch));
  canvas.height = Math.round(picture.height * Math.max(1, stretch));
  const context = canvas.getContext("2d");
  if (!context) return;
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
}

/** A grey picture in a colour, on black, so that layers add up. */
function tinted(picture: ImageBitmap, color: string, opacity: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  if (context) {
    context.drawImage(picture, 0, 0);
    context.globalCompositeOperation = "multiply";
    context.fillStyle = color;
    context.fillRect(0, 0, picture.width, picture.height);
    context.globalCompositeOperation = "multiply";
    const grey = Math.round(opacity * 255);
    context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    context.fillRect(0, 0, picture.width, picture.height);
    context.globalCompositeOperation = "destination-in";
    context.drawImage(picture, 0, 0);
  }
  return canvas;
}

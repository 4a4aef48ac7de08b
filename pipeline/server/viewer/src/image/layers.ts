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
  const place = [view.left, view.top, image.width * view.zoom, image.height * view.zoom] as const;
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

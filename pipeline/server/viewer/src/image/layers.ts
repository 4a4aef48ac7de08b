// Draws the layers of an ion image over each other: one picture, or a composite of channels.

import type { OpticalImage, State } from "../state.ts";
import type { Size, Viewport } from "./viewport.ts";

/** A picture, and how much of it is seen. */
export interface Layer {
  picture: ImageBitmap | OffscreenCanvas;
  /** Intensity of the brightest colour. */
  ceiling: number;
  opacity: number;
  /** Colour by which a grey picture is multiplied; layers of colours are added. */
  color?: string;
}

/** Draws layers of an image, and the optical image over or under them. */
export function drawStack(
  context: CanvasRenderingContext2D,
  layers: Layer[],
  { optical, choices }: Pick<State, "optical" | "choices">,
  image: Size,
  view: Viewport,
): void {
  if (!optical || choices.optical === "off") {
    drawLayers(context, layers, image, view);
  } else if (choices.optical === "over") {
    drawLayers(context, layers, image, view);
    drawOptical(context, optical, choices.opticalOpacity, view);
  } else {
    drawOptical(context, optical, choices.opticalOpacity, view);
    const isComposite = layers.some(({ color }) => color !== undefined);
    // Channels add up with each other, not with what is below them.
    const shown = isComposite ? [composite(layers, image, choices.opacity)] : layers;
    drawLayers(context, shown, image, view);
  }
}

/** Draws the optical image where it lies. */
function drawOptical(
  context: CanvasRenderingContext2D,
  { picture, placement, width, height }: OpticalImage,
  opacity: number,
  view: Viewport,
): void {
  context.save();
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = true;
  context.transform(view.zoom, 0, 0, view.zoom * view.stretch, view.left, view.top);
  context.transform(...placement);
  context.drawImage(picture, 0, 0, width, height);
  context.restore();
}

/** The channels of a composite as one layer on black, a pixel a pixel. */
function composite(layers: Layer[], { width, height }: Size, opacity: number): Layer {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (context) {
    const whole = { zoom: 1, stretch: 1, left: 0, top: 0 };
    drawLayers(context, layers, { width, height }, whole);
  }
  return { picture: canvas, ceiling: 0, opacity };
}

/** Draws layers of an image at its place in the viewport. */
function drawLayers(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
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
function tinted(picture: Layer["picture"], color: string, opacity: number): OffscreenCanvas {
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

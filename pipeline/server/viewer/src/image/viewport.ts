// Which part of the image is seen: pixels of the image to points of the screen and back.

export interface Viewport {
  /** Points of the screen that a pixel is wide. */
  zoom: number;
  /** Height of a pixel over its width. */
  stretch: number;
  /** Where the image's upper left corner is on the screen. */
  left: number;
  top: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Columns and rows of an image, the rows of it that are shown, and the shape of its pixels. */
export interface ImageSize extends Size {
  /** First row that is shown, and the one after the last. */
  from: number;
  to: number;
  /** Height of a pixel over its width. */
  stretch: number;
}

/** What is known of the image of a dataset. */
interface Shape extends Size {
  pixelSizeUm?: number[] | null;
  planes?: { top: number; height: number }[];
}

/** Pixels that differ by less are squares. */
const NEARLY_SQUARE = 0.02;

/** Size of the image of a dataset, or of none: all of it, or one of its planes, from 1. */
export function imageSize(dataset: Shape | undefined, plane = 0): ImageSize {
  if (!dataset) return { width: 1, height: 1, from: 0, to: 1, stretch: 1 };
  const shown = dataset.planes?.[plane - 1] ?? { top: 0, height: dataset.height };
  const [from, to] = [shown.top, shown.top + shown.height];
  const [wide, high] = dataset.pixelSizeUm ?? [];
  const ratio = wide && high ? high / wide : 1;
  const stretch = Math.abs(ratio - 1) > NEARLY_SQUARE ? ratio : 1;
  return { width: dataset.width, height: dataset.height, from, to, stretch };
}

const MIN_SEEN = 24;
const MAX_ZOOM = 96;

/** All that is shown of the image in the middle of the screen. */
export function fit(image: ImageSize, screen: Size, margin = 12): Viewport {
  const across = Math.max(1, screen.width - 2 * margin) / Math.max(1, image.width);
  const down =
    Math.max(1, screen.height - 2 * margin) / Math.max(1, (image.to - image.from) * image.stretch);
  const zoom = Math.min(across, down, MAX_ZOOM);
  return {
    zoom,
    stretch: image.stretch,
    left: (screen.width - zoom * image.width) / 2,
    top: (screen.height - zoom * image.stretch * (image.from + image.to)) / 2,
  };
}

/** Nearer or farther; what is at (x, y) of the screen stays there. */
export function zoomAt(
  view: Viewport,
  factor: number,
  x: number,
  y: number,
  image: ImageSize,
  screen: Size,
): Viewport {
  const least = fit(image, screen).zoom / 4;
  const zoom = Math.min(MAX_ZOOM, Math.max(least, view.zoom * factor));
  const scale = zoom / view.zoom;
  return held(
    { ...view, zoom, left: x - (x - view.left) * scale, top: y - (y - view.top) * scale },
    image,
    screen,
  );
}

/** Moved by points of the screen. */
export function moved(
  view: Viewport,
  dx: number,
  dy: number,
  image: ImageSize,
  screen: Size,
): Viewport {
  return held({ ...view, left: view.left + dx, top: view.top + dy }, image, screen);
}

/** Some of the image stays on the screen. */
function held(view: Viewport, image: ImageSize, screen: Size): Viewport {
  const keep = (at: number, length: number, room: number) =>
    Math.min(room - MIN_SEEN, Math.max(MIN_SEEN - length, at));
  const tall = view.zoom * view.stretch;
  const above = tall * image.from;
  return {
    ...view,
    left: keep(view.left, view.zoom * image.width, screen.width),
    top: keep(view.top + above, tall * (image.to - image.from), screen.height) - above,
  };
}

/** Point of the image, in pixels, under a point of the screen. */
export function toImage(view: Viewport, x: number, y: number): [number, number] {
  return [(x - view.left) / view.zoom, (y - view.top) / (view.zoom * view.stretch)];
}

/** Point of the screen over a point of the image. */
export function toScreen(view: Viewport, x: number, y: number): [number, number] {
  return [view.left + x * view.zoom, view.top + y * view.zoom * view.stretch];
}

/** Length of a scale bar: 1, 2 or 5 of a power of ten, as long as fits into `points`. */
export function scaleBar(
  pixelUm: number,
  zoom: number,
  points: number,
): { um: number; points: number } {
  const most = (points / zoom) * pixelUm;
  const power = 10 ** Math.floor(Math.log10(most));
  const um = [5, 2, 1].map((n) => n * power).find((length) => length <= most) ?? power;
  return { um, points: (um / pixelUm) * zoom };
}

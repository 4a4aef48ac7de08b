// Which part of the image is seen: pixels of the image to points of the screen and back.

export interface Viewport {
  /** Points of the screen that a pixel takes. */
  zoom: number;
  /** Where the image's upper left corner is on the screen. */
  left: number;
  top: number;
}

export interface Size {
  width: number;
  height: number;
}

const MIN_SEEN = 24;
const MAX_ZOOM = 96;

/** The whole image in the middle of the screen. */
export function fit(image: Size, screen: Size, margin = 12): Viewport {
  const across = Math.max(1, screen.width - 2 * margin) / Math.max(1, image.width);
  const down = Math.max(1, screen.height - 2 * margin) / Math.max(1, image.height);
  const zoom = Math.min(across, down, MAX_ZOOM);
  return {
    zoom,
    left: (screen.width - zoom * image.width) / 2,
    top: (screen.height - zoom * image.height) / 2,
  };
}

/** Nearer or farther; what is at (x, y) of the screen stays there. */
export function zoomAt(
  view: Viewport,
  factor: number,
  x: number,
  y: number,
  image: Size,
  screen: Size,
): Viewport {
  const least = fit(image, screen).zoom / 4;
  const zoom = Math.min(MAX_ZOOM, Math.max(least, view.zoom * factor));
  const scale = zoom / view.zoom;
  return held(
    { zoom, left: x - (x - view.left) * scale, top: y - (y - view.top) * scale },
    image,
    screen,
  );
}

/** Moved by points of the screen. */
export function moved(view: Viewport, dx: number, dy: number, image: Size, screen: Size): Viewport {
  return held({ zoom: view.zoom, left: view.left + dx, top: view.top + dy }, image, screen);
}

/** Some of the image stays on the screen. */
function held(view: Viewport, image: Size, screen: Size): Viewport {
  const keep = (at: number, length: number, room: number) =>
    Math.min(room - MIN_SEEN, Math.max(MIN_SEEN - length, at));
  return {
    zoom: view.zoom,
    left: keep(view.left, view.zoom * image.width, screen.width),
    top: keep(view.top, view.zoom * image.height, screen.height),
  };
}

/** Point of the image, in pixels, under a point of the screen. */
export function toImage(view: Viewport, x: number, y: number): [number, number] {
  return [(x - view.left) / view.zoom, (y - view.top) / view.zoom];
}

/** Point of the screen over a point of the image. */
export function toScreen(view: Viewport, x: number, y: number): [number, number] {
  return [view.left + x * view.zoom, view.top + y * view.zoom];
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

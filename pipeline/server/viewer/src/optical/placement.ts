// Where an optical image lies: from its pixels to those of the ion images, and how it is moved.

/** The numbers a, b, c, d, e, f of x = a·u + c·v + e, y = b·u + d·v + f, from pixels of the picture (u, v)
 * to those of the ion images (x, y). */
export type Placement = [number, number, number, number, number, number];

export type Point = [number, number];

/** A point of the picture, and where in the ion images the same is seen. */
export interface Pair {
  optical: Point;
  ion: Point;
}

/** The point of the ion images over a point of the picture. */
export function apply([a, b, c, d, e, f]: Placement, [u, v]: Point): Point {
  return [a * u + c * v + e, b * u + d * v + f];
}

/** The point of the picture under a point of the ion images. */
export function inverse([a, b, c, d, e, f]: Placement, [x, y]: Point): Point {
  const determinant = a * d - b * c;
  return [(d * (x - e) - c * (y - f)) / determinant, (a * (y - f) - b * (x - e)) / determinant];
}

export function moved([a, b, c, d, e, f]: Placement, dx: number, dy: number): Placement {
  return [a, b, c, d, e + dx, f + dy];
}

/** Turned and scaled around a point that stays, so that `from` comes to `to`. `stretch` is the height of
 * a pixel of the ion images over its width: lengths are those of the tissue. */
export function turned(
  placement: Placement,
  center: Point,
  from: Point,
  to: Point,
  stretch: number,
): Placement {
  const [px, py] = [from[0] - center[0], (from[1] - center[1]) * stretch];
  const [qx, qy] = [to[0] - center[0], (to[1] - center[1]) * stretch];
  const length = px * px + py * py;
  if (!length || (!qx && !qy)) return placement;
  // The quotient of two complex numbers turns and scales.
  const [re, im] = [(qx * px + qy * py) / length, (qy * px - qx * py) / length];
  const turn = (x: number, y: number): Point => [
    re * x - im * y * stretch,
    (im * x) / stretch + re * y,
  ];
  const [a, b, c, d, e, f] = placement;
  const [x, y] = turn(e - center[0], f - center[1]);
  return [...turn(a, b), ...turn(c, d), x + center[0], y + center[1]];
}

/** The placement that takes the points of pairs to each other: one moves the picture, two turn and scale it
 * besides, three say all. Nothing where three lie on a line. */
export function ofPairs(
  placement: Placement,
  pairs: Pair[],
  stretch: number,
): Placement | undefined {
  const [first, second, third] = pairs;
  if (!first) return placement;
  const [x, y] = apply(placement, first.optical);
  const there = moved(placement, first.ion[0] - x, first.ion[1] - y);
  if (!second) return there;
  if (!third) return turned(there, first.ion, apply(there, second.optical), second.ion, stretch);
  const difference = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1]];
  const [u1, v1] = difference(second.optical, first.optical);
  const [u2, v2] = difference(third.optical, first.optical);
  const [x1, y1] = difference(second.ion, first.ion);
  const [x2, y2] = difference(third.ion, first.ion);
  const determinant = u1 * v2 - u2 * v1;
  const [a, b] = [(x1 * v2 - x2 * v1) / determinant, (y1 * v2 - y2 * v1) / determinant];
  const [c, d] = [(u1 * x2 - u2 * x1) / determinant, (u1 * y2 - u2 * y1) / determinant];
  const [u, v] = first.optical;
  const found: Placement = [a, b, c, d, first.ion[0] - a * u - c * v, first.ion[1] - b * u - d * v];
  return found.every(Number.isFinite) && a * d - b * c ? found : undefined;
}

/** The corners of a picture in the ion images, around it from the upper left. */
export function corners(placement: Placement, width: number, height: number): Point[] {
  const all: Point[] = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ];
  return all.map((corner) => apply(placement, corner));
}

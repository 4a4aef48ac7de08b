// Regions of the image: rings of corners, the pixels whose middle they hold, and their outlines.

import { csv } from "../csv.ts";

/** Column and row in pixels: the pixel at column x and row y reaches from (x, y) to (x + 1, y + 1). */
export type Corner = [number, number];

/** Corners one after another; the last is joined with the first. */
export type Ring = Corner[];

export interface Region {
  name: string;
  /** `#rrggbb`. */
  color: string;
  /** Outlines, those of holes among them: what an even number of rings holds is outside. */
  rings: Ring[];
}

/** Colours of regions that are told apart by all, of Okabe and Ito (2008). */
const COLORS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#0072b2"];

/** The first colour that no region has, or the next in turn. */
export function freeColor(regions: Region[]): string {
  const free = COLORS.find((color) => !regions.some((region) => region.color === color));
  return free ?? COLORS[regions.length % COLORS.length] ?? "#ffffff";
}

/** A name that no region has: `region 3`. */
export function freeName(regions: Region[], kind = "region"): string {
  for (let number = 1; ; number++) {
    const name = `${kind} ${number}`;
    if (!regions.some((region) => region.name === name)) return name;
  }
}

/** The pixels of rings by the even–odd rule, row by row. A middle on an edge belongs to the side to the
 * right, or below. */
export function pixelsOf(rings: Ring[], width: number, height: number): Corner[] {
  const found: Corner[] = [];
  for (let y = 0; y < height; y++) {
    const crossings = crossingsOf(rings, y + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const first = Math.max(0, Math.ceil((crossings[i] ?? 0) - 0.5));
      for (let x = first; x < width && x + 0.5 < (crossings[i + 1] ?? 0); x++) found.push([x, y]);
    }
  }
  return found;
}

/** Where the edges of rings cross a row, from the left. */
function crossingsOf(rings: Ring[], middle: number): number[] {
  const crossings: number[] = [];
  for (const ring of rings) {
    ring.forEach((a, i) => {
      const b = ring[(i + 1) % ring.length];
      if (b && a[1] <= middle !== b[1] <= middle) {
        crossings.push(a[0] + ((middle - a[1]) / (b[1] - a[1])) * (b[0] - a[0]));
      }
    });
  }
  return crossings.sort((a, b) => a - b);
}

/** The corners of a rectangle of whole pixels around two points. */
export function rectangle(a: Corner, b: Corner): Ring {
  const [left, right] = [Math.floor(Math.min(a[0], b[0])), Math.ceil(Math.max(a[0], b[0]))];
  const [top, bottom] = [Math.floor(Math.min(a[1], b[1])), Math.ceil(Math.max(a[1], b[1]))];
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

/** The places of runs: those of the second, the fourth and so on. */
export function placesOf(runs: number[]): Set<number> {
  const places = new Set<number>();
  let place = 0;
  runs.forEach((length, i) => {
    for (const end = place + length; place < end; place++) if (i % 2) places.add(place);
  });
  return places;
}

/** The outlines of pixels, given by `y × width + x`: the pixels lie to the right of each edge. */
export function outlinesOf(pixels: ReadonlySet<number>, width: number): Ring[] {
  const has = (x: number, y: number) => x >= 0 && x < width && pixels.has(y * width + x);
  // Corners lie on a grid of one column more.
  const at = (x: number, y: number) => y * (width + 1) + x;
  const edges = new Map<number, number[]>();
  const add = (from: number, to: number) => {
    const others = edges.get(from);
    if (others) others.push(to);
    else edges.set(from, [to]);
  };
  for (const pixel of pixels) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    if (!has(x, y - 1)) add(at(x, y), at(x + 1, y));
    if (!has(x + 1, y)) add(at(x + 1, y), at(x + 1, y + 1));
    if (!has(x, y + 1)) add(at(x + 1, y + 1), at(x, y + 1));
    if (!has(x - 1, y)) add(at(x, y + 1), at(x, y));
  }
  const rings: Ring[] = [];
  for (const start of edges.keys()) {
    while (edges.get(start)?.length) rings.push(walk(edges, start, width + 1));
  }
  return rings;
}

/** Follows edges from a corner until it is reached again, and takes them away. */
function walk(edges: Map<number, number[]>, start: number, columns: number): Ring {
  const ring: Ring = [];
  let [at, step] = [start, 0];
  do {
    const others = edges.get(at) ?? [];
    // Where pixels meet at a corner, the right turn keeps to the pixel.
    const right = rightTurn(step, columns);
    const to = others.find((other) => other - at === right) ?? others[0] ?? start;
    others.splice(others.indexOf(to), 1);
    if (to - at !== step) ring.push([at % columns, Math.floor(at / columns)]);
    [at, step] = [to, to - at];
  } while (at !== start);
  return ring;
}

/** The step to the right of a step along the grid, rows downward. */
function rightTurn(step: number, columns: number): number {
  if (step === 1) return columns;
  if (step === columns) return -1;
  return step === -1 ? -columns : 1;
}

/** Regions as the table that `metaspace coloc --markers` reads. */
export function regionCsv(regions: { name: string; pixels: Corner[] }[]): string {
  const rows = regions.flatMap(({ name, pixels }) => pixels.map(([x, y]) => [x, y, name]));
  return csv(["x", "y", "region"], rows);
}

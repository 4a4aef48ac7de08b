// Regions that are drawn: a polygon, and the pixels whose middle it holds.

import { csv } from "../csv.ts";

export type Corner = [number, number];

export interface Region {
  name: string;
  corners: Corner[];
  pixels: [number, number][];
}

/**
 * The pixels of a polygon by the even–odd rule, row by row. The pixel at column x and row y reaches
 * from (x, y) to (x + 1, y + 1); a middle on an edge belongs to the side to the right, or below.
 */
export function pixelsOf(corners: Corner[], width: number, height: number): [number, number][] {
  const found: [number, number][] = [];
  for (let y = 0; y < height; y++) {
    const middle = y + 0.5;
    const crossings: number[] = [];
    corners.forEach((a, i) => {
      const b = corners[(i + 1) % corners.length];
      if (b && a[1] <= middle !== b[1] <= middle) {
        crossings.push(a[0] + ((middle - a[1]) / (b[1] - a[1])) * (b[0] - a[0]));
      }
    });
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const first = Math.max(0, Math.ceil((crossings[i] ?? 0) - 0.5));
      for (let x = first; x < width && x + 0.5 < (crossings[i + 1] ?? 0); x++) found.push([x, y]);
    }
  }
  return found;
}

/** Regions as the table that `metaspace coloc --markers` reads. */
export function regionCsv(regions: Pick<Region, "name" | "pixels">[]): string {
  const rows = regions.flatMap(({ name, pixels }) => pixels.map(([x, y]) => [x, y, name]));
  return csv(["x", "y", "region"], rows);
}

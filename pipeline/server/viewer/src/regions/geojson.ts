// Regions as GeoJSON whose coordinates are pixels, as they are kept beside the results.

import type { RegionSet } from "../api.ts";
import type { Corner, Region, Ring } from "./region.ts";

/** Regions as GeoJSON. */
export function toGeoJson(regions: Region[]): RegionSet {
  return {
    type: "FeatureCollection",
    features: regions.map(({ name, color, rings }) => ({
      type: "Feature",
      geometry: { type: "MultiPolygon", coordinates: polygonsOf(rings) },
      properties: { name, color },
    })),
  };
}

/** The regions of GeoJSON. */
export function fromGeoJson({ features }: RegionSet): Region[] {
  return features.map(({ geometry, properties }) => {
    const rings = geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat(1);
    return {
      name: properties?.name ?? "region",
      color: properties?.color ?? "#ffffff",
      rings: rings.map(opened),
    };
  });
}

/** Polygons of rings: each with the holes in it. */
function polygonsOf(rings: Ring[]): Ring[][] {
  const depth = rings.map((ring) => rings.filter((other) => holds(other, ring)).length);
  const polygons = new Map<Ring, Ring[]>();
  rings.forEach((ring, i) => {
    if ((depth[i] ?? 0) % 2 === 0) polygons.set(ring, [closed(ring)]);
  });
  rings.forEach((ring, i) => {
    if ((depth[i] ?? 0) % 2 === 0) return;
    // The outline around a hole is the innermost of those that hold it.
    const around = [...polygons.keys()].filter((outer) => holds(outer, ring));
    const nearest = around.sort((a, b) => area(a) - area(b))[0];
    if (nearest) polygons.get(nearest)?.push(closed(ring));
  });
  return [...polygons.values()];
}

/** Whether a ring lies within another; rings have no edge in common. */
function holds(outer: Ring, ring: Ring): boolean {
  const [a, b] = ring;
  if (outer === ring || !a || !b) return false;
  const [x, y] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  let isInside = false;
  outer.forEach((from, i) => {
    const to = outer[(i + 1) % outer.length] ?? from;
    const crosses = from[1] <= y !== to[1] <= y;
    if (crosses && from[0] + ((y - from[1]) / (to[1] - from[1])) * (to[0] - from[0]) > x) {
      isInside = !isInside;
    }
  });
  return isInside;
}

function area(ring: Ring): number {
  const doubled = ring.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length] ?? [x, y];
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(doubled) / 2;
}

/** GeoJSON has the first corner of a ring again at its end. */
function closed(ring: Ring): Ring {
  return ring[0] ? [...ring, ring[0]] : ring;
}

function opened(ring: number[][]): Ring {
  const corners = ring.map(([x, y]): Corner => [x ?? 0, y ?? 0]);
  const [first, last] = [corners[0], corners[corners.length - 1]];
  const isClosed = first && last && first[0] === last[0] && first[1] === last[1];
  return isClosed && corners.length > 1 ? corners.slice(0, -1) : corners;
}

// How alike the isotopic images of an ion are: each one's correlation with the first.

import type { Api, PixelPlaces } from "../api.ts";
import type { State } from "../state.ts";

/** Pearson's correlation of two images over all pixels; nothing where one of them is flat. */
export function correlation(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
  nPixels: number,
): number | undefined {
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  const [meanA, meanB] = [sum(a.values()) / nPixels, sum(b.values()) / nPixels];
  const variance = (image: ReadonlyMap<number, number>, mean: number) =>
    sum([...image.values()].map((value) => value * value)) / nPixels - mean * mean;
  const [varianceA, varianceB] = [variance(a, meanA), variance(b, meanB)];
  let products = 0;
  for (const [place, value] of a) products += value * (b.get(place) ?? 0);
  if (!(varianceA > 0) || !(varianceB > 0)) return undefined;
  return (products / nPixels - meanA * meanB) / Math.sqrt(varianceA * varianceB);
}

/** Shows the correlation of each isotope with the first in its cell, when it is known. */
export async function fillCorrelations(
  { choices, dataset }: State,
  api: Api,
  ion: string,
  cells: Map<number, HTMLElement>,
): Promise<void> {
  const { dataset: id } = choices;
  const image = async (isotope: number) => byPlace(await api.pixels(ion, { dataset: id, isotope }));
  try {
    const first = await image(0);
    for (const [isotope, cell] of cells) {
      if (isotope === 0) continue;
      const found = correlation(first, await image(isotope), dataset?.nPixels ?? 1);
      cell.textContent = found === undefined ? "–" : found.toFixed(2);
    }
  } catch (error) {
    // An isotope without an image has no correlation; everything else stands on the page already.
    for (const cell of cells.values()) if (!cell.textContent) cell.textContent = "–";
    for (const cell of cells.values()) cell.title = (error as Error).message;
  }
}

function byPlace({ x, y, width, intensity }: PixelPlaces): Map<number, number> {
  return new Map(x.map((x, i) => [(y[i] ?? 0) * width + x, intensity[i] ?? 0]));
}

// Files that the user saves: tables, pixels, a spectrum and the image.

import type { Api, Markers, Spectrum, Unexplained } from "./api.ts";
import { type Cell, csv } from "./csv.ts";
import { element } from "./dom.ts";
import { answerOf } from "./notice.ts";
import { toGeoJson } from "./regions/geojson.ts";
import { type State, windowPpm } from "./state.ts";

/** Peaks of a spectrum that is saved, at most: all that the server gives. */
const MAX_PEAKS = 100_000;

/** Offers a file to the user. */
export function saveFile(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name.replace(/[^A-Za-z0-9+_.()-]/g, "_") }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function savePartners({ choices, partners }: State): void {
  const rows = partners?.partners.map((partner) => [
    partner.ion,
    partner.score,
    partner.fdr,
    partner.moleculeNames.join("; "),
  ]);
  const name = `${choices.dataset}-${choices.ion}-${choices.measure}.csv`;
  saveTable(["ion", "score", "fdr", "moleculeNames"], rows ?? [], name);
}

export function saveMarkers({ choices }: State, found: Markers): void {
  const header = [
    "region",
    "ion",
    "moleculeNames",
    "auc",
    "log2FoldChange",
    "meanInside",
    "meanOutside",
    "coverageInside",
    "coverageOutside",
  ];
  const rows = found.regions.flatMap(({ region, markers }) =>
    markers.map((marker) => [
      region,
      marker.ion,
      marker.moleculeNames.join("; "),
      marker.auc,
      marker.log2FoldChange ?? null,
      marker.meanInside,
      marker.meanOutside,
      marker.coverageInside,
      marker.coverageOutside,
    ]),
  );
  saveTable(header, rows, `${choices.dataset}-markers.csv`);
}

export function saveRegions({ choices, regions }: State): void {
  const text = JSON.stringify(toGeoJson(regions));
  saveFile(
    new Blob([text], { type: "application/geo+json" }),
    `${choices.dataset}-regions.geojson`,
  );
}

export function saveUnexplained({ choices }: State, { peaks }: Unexplained): void {
  const rows = peaks.map(({ mz, intensity, nPixels }) => [mz, intensity, nPixels ?? null]);
  saveTable(["mz", "intensity", "nPixels"], rows, `${choices.dataset}-unexplained.csv`);
}

export async function saveSpectrum(
  { choices }: State,
  api: Api,
  spectrum: Spectrum,
): Promise<void> {
  const { x, y } = spectrum;
  const { dataset, fdr, normalization } = choices;
  const query = { dataset, fdr, normalization, limit: MAX_PEAKS };
  const blob = await answerOf(api.spectrumTable(x, y, query));
  if (blob) saveFile(blob, `${dataset}-${x}-${y}-spectrum.csv`);
}

export async function savePixels(state: State, api: Api): Promise<void> {
  const { ion, mz, dataset, isotope, normalization } = state.choices;
  if (mz) {
    const ppm = windowPpm(state);
    const table = await answerOf(api.mzPixelTable(dataset, mz, { ppm, normalization }));
    if (table) saveFile(table, `${dataset}-mz${mz}.csv`);
    return;
  }
  if (!ion) return;
  const blob = await answerOf(api.pixelTable(ion, { dataset, isotope, normalization }));
  if (blob) saveFile(blob, `${dataset}-${ion}-${isotope}.csv`);
}

export async function savePicture({ choices }: State, picture: Promise<Blob>): Promise<void> {
  const blob = await answerOf(picture);
  const { dataset, ion, mz, isotope, channels } = choices;
  const what = channels.length ? "channels" : mz ? `mz${mz}` : `${ion}-${isotope}`;
  if (blob) saveFile(blob, `${dataset}-${what}.png`);
}

function saveTable(header: string[], rows: Cell[][], name: string): void {
  saveText(csv(header, rows), name);
}

function saveText(text: string, name: string): void {
  saveFile(new Blob([text], { type: "text/csv" }), name);
}

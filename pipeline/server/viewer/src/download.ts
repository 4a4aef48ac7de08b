// Files that the user saves: tables, pixels, a spectrum and the image.

import type { Api } from "./api.ts";
import { type Cell, csv } from "./csv.ts";
import { element } from "./dom.ts";
import { regionCsv } from "./image/region.ts";
import { answerOf } from "./notice.ts";
import type { State } from "./state.ts";

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

export function saveMarkers({ choices, markers }: State): void {
  const header = [
    "region",
    "ion",
    "auc",
    "log2FoldChange",
    "meanInside",
    "meanOutside",
    "coverageInside",
    "coverageOutside",
  ];
  const rows = markers?.regions.flatMap(({ region, markers }) =>
    markers.map((marker) => [
      region,
      marker.ion,
      marker.auc,
      marker.log2FoldChange ?? null,
      marker.meanInside,
      marker.meanOutside,
      marker.coverageInside,
      marker.coverageOutside,
    ]),
  );
  saveTable(header, rows ?? [], `${choices.dataset}-markers.csv`);
}

export function saveRegions({ choices, regions }: State): void {
  saveText(regionCsv(regions), `${choices.dataset}-regions.csv`);
}

export async function saveSpectrum({ choices, spectrum }: State, api: Api): Promise<void> {
  if (!spectrum) return;
  const { x, y } = spectrum;
  const { dataset, fdr } = choices;
  const blob = await answerOf(api.spectrumTable(x, y, { dataset, fdr, limit: MAX_PEAKS }));
  if (blob) saveFile(blob, `${dataset}-${x}-${y}-spectrum.csv`);
}

export async function savePixels({ choices }: State, api: Api): Promise<void> {
  const { ion, dataset, isotope } = choices;
  const blob = await answerOf(api.pixelTable(ion, { dataset, isotope }));
  if (blob) saveFile(blob, `${dataset}-${ion}-${isotope}.csv`);
}

export async function savePicture({ choices }: State, picture: Promise<Blob>): Promise<void> {
  const blob = await answerOf(picture);
  if (blob) saveFile(blob, `${choices.dataset}-${choices.ion}-${choices.isotope}.png`);
}

function saveTable(header: string[], rows: Cell[][], name: string): void {
  saveText(csv(header, rows), name);
}

function saveText(text: string, name: string): void {
  saveFile(new Blob([text], { type: "text/csv" }), name);
}

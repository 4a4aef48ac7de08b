// The panel of peaks: those of the pixel that was picked, and the most intense that nothing explains.

import type { Api, Spectrum, Unexplained } from "../api.ts";
import { element } from "../dom.ts";
import { saveSpectrum, saveUnexplained } from "../download.ts";
import { amount, counted, percent, ppm } from "../format.ts";
import { answerOf } from "../notice.ts";
import { type State, windowPpm } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import {
  type ChooseIon,
  type IonRow,
  ionTable,
  note,
  tableOf,
  toolButton,
  toolbar,
} from "./ion-table.ts";
import { thumbnailHead } from "../thumbnails.ts";

/** Explained peaks of a pixel that are listed, at most. */
const MAX_ROWS = 100;

/** Unexplained peaks that are listed. */
const MAX_UNEXPLAINED = 40;

export interface PeakActions {
  choose: ChooseIon;
  showMz(mz: number, ppm: number): void;
}

export async function peaksPanel(
  state: State,
  api: Api,
  spectrum: Spectrum | undefined,
  thumbnails: Thumbnails,
  actions: PeakActions,
): Promise<Node[]> {
  const { dataset, fdr } = state.choices;
  const found = await answerOf(api.unexplained(dataset, { fdr, limit: MAX_UNEXPLAINED }));
  return [
    ...pixelPart(state, api, spectrum, actions.choose),
    ...unexplainedPart(state, found, thumbnails, actions),
  ];
}

function pixelPart(
  state: State,
  api: Api,
  spectrum: Spectrum | undefined,
  choose: ChooseIon,
): Node[] {
  if (!spectrum) {
    return [
      note(
        "Click a pixel of the image to see its spectrum above and its peaks here; or move the cursor there with the arrow keys and press Enter.",
      ),
    ];
  }
  const { x, y, nPeaks, tic, explained } = spectrum;
  const title = `Pixel ${x}, ${y}: ${counted(nPeaks, "peak")}, sum ${amount(tic)}`;
  for (const { ion, moleculeName } of explained) {
    if (moleculeName) state.names.learn(ion, [moleculeName]);
  }
  const rows = [...explained]
    .sort((a, b) => b.intensity - a.intensity)
    .slice(0, MAX_ROWS)
    .map(({ ion, mz, intensity, errorPpm }): IonRow => [
      ion,
      mz.toFixed(4),
      amount(intensity),
      ppm(errorPpm),
    ]);
  return [
    toolbar(
      element("h3", {}, title),
      toolButton("save-spectrum", "CSV", () => void saveSpectrum(state, api, spectrum)),
    ),
    rows.length
      ? ionTable(["Explained by", "m/z", "Intensity", "Error"], rows, {
          names: state.names,
          choose,
        })
      : note(`No ion up to FDR ${percent(state.choices.fdr)} explains a peak of this pixel.`),
  ];
}

function unexplainedPart(
  state: State,
  found: Unexplained | undefined,
  thumbnails: Thumbnails,
  { showMz }: PeakActions,
): Node[] {
  if (!found) return [];
  const level = percent(found.fdr);
  if (!found.peaks.length) {
    return [note(`Every intense peak is explained by an ion up to FDR ${level}.`)];
  }
  // Without kept peaks each image would take as long as reading the dataset.
  const hasImages = state.dataset?.hasPeaks ?? false;
  const titles = ["m/z", "Mean intensity", ...(hasImages ? ["Pixels"] : [])];
  const heads = titles.map((title, i) =>
    element("th", { scope: "col", class: i ? "number" : "" }, title),
  );
  const rows = found.peaks.map(({ mz, intensity, nPixels }) => {
    const show = () => showMz(Number(mz.toFixed(5)), windowPpm(state));
    const button = element(
      "button",
      { type: "button", class: "link", onclick: show },
      mz.toFixed(4),
    );
    return element(
      "tr",
      { "data-mz": mz.toFixed(4) },
      ...(hasImages ? [element("td", { class: "image" }, thumbnails.ofMz(mz))] : []),
      element("td", {}, button),
      element("td", { class: "number" }, amount(intensity)),
      ...(hasImages
        ? [element("td", { class: "number" }, nPixels?.toLocaleString("en") ?? "")]
        : []),
    );
  });
  const table = tableOf(hasImages ? [thumbnailHead(), ...heads] : heads, rows);
  table.id = "unexplained";
  return [
    toolbar(
      element("h3", {}, `Most intense peaks that no ion up to FDR ${level} explains`),
      toolButton("save-unexplained", "CSV", () => saveUnexplained(state, found)),
    ),
    table,
  ];
}

// The panel of a spectrum: all peaks of a pixel, and those that annotated ions explain.

import type { Api } from "../api.ts";
import { element } from "../dom.ts";
import { saveSpectrum } from "../download.ts";
import { amount } from "../format.ts";
import type { State } from "../state.ts";
import { type ChooseIon, type IonRow, ionTable, note, toolButton, toolbar } from "./ion-table.ts";
import { SpectrumPlot } from "./spectrum-plot.ts";

/** Explained peaks that are listed, at most. */
const MAX_ROWS = 200;

export function spectrumPanel(state: State, api: Api, choose: ChooseIon): Node[] {
  const { spectrum } = state;
  if (!spectrum) {
    const text =
      "Click a pixel of the image, or move the cursor there with the arrow keys and press Enter.";
    return [note(text)];
  }
  const { x, y, nPeaks, tic, explained } = spectrum;
  const title = `Pixel ${x}, ${y}: ${nPeaks.toLocaleString("en")} peaks, sum ${amount(tic)}`;
  const rows = [...explained]
    .sort((a, b) => b.intensity - a.intensity)
    .slice(0, MAX_ROWS)
    .map(({ ion, mz, intensity, errorPpm }): IonRow => [
      ion,
      mz.toFixed(4),
      amount(intensity),
      `${errorPpm.toFixed(2)} ppm`,
    ]);
  return [
    toolbar(
      element("h3", {}, title),
      toolButton("save-spectrum", "CSV", () => void saveSpectrum(state, api)),
    ),
    new SpectrumPlot(spectrum, choose).element,
    note("Drag across to zoom, double click to see all; a click on a marked peak shows its ion."),
    ionTable(["Ion", "m/z", "Intensity", "Error"], rows, choose),
  ];
}

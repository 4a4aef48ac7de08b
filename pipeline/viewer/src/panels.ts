// What is told of an ion beside its image: itself, its partners, a spectrum, markers, other results.

import type { Annotation, Dataset, Markers, Partners, Pixels, Spectrum } from "./api.ts";
import { DEFAULTS } from "./defaults.ts";
import { el } from "./dom.ts";
import { amount, measureName, percent } from "./format.ts";
import { ionName } from "./ion-name.ts";
import { patternOf, patternPlot, patternTable } from "./panel/pattern.ts";
import { SpectrumPlot } from "./panel/spectrum-plot.ts";
import { imageHead } from "./thumbnails.ts";

type Choose = (ion: string) => void;

/** The small image of an ion. */
type Picture = (ion: string, isotope: number) => HTMLElement;

/** A table of rows whose first cell chooses an ion, with a small image of it where there is `picture`. */
function ionTable(
  titles: string[],
  rows: [string, ...(string | Node)[]][],
  choose: Choose,
  picture?: Picture,
): HTMLElement {
  const named = titles.map((title, i) =>
    el("th", { scope: "col", class: i && i < titles.length - 1 ? "number" : "" }, title),
  );
  const head = picture ? [imageHead(), ...named] : named;
  const body = rows.map(([ion, ...cells]) => {
    const button = el(
      "button",
      { type: "button", class: "link", onclick: () => choose(ion) },
      ionName(ion),
    );
    const last = cells.length - 1;
    const others = cells.map((cell, i) => el("td", { class: i < last ? "number" : "names" }, cell));
    const drawn = picture ? [el("td", { class: "image" }, picture(ion, 0))] : [];
    return el("tr", { "data-ion": ion }, ...drawn, el("td", {}, button), ...others);
  });
  return el(
    "table",
    { class: "rows" },
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...body),
  );
}

const note = (text: string): HTMLElement => el("p", { class: "quiet" }, text);

export function aboutIon(row: Annotation, choose: Choose, picture: Picture): Node[] {
  const pattern = patternOf(row);
  const images = pattern.map(({ isotope, mz }) =>
    el("figure", {}, picture(row.ion, isotope), el("figcaption", {}, `m/z ${mz.toFixed(4)}`)),
  );
  const facts: [string, string][] = [
    ["m/z", row.mz.toFixed(5)],
    ["MSM", row.msm.toFixed(3)],
    ["FDR", percent(row.fdr)],
    [
      "ρ spatial, spectral, chaos",
      [row.rhoSpatial, row.rhoSpectral, row.rhoChaos].map((v) => v.toFixed(3)).join(", "),
    ],
    ["m/z error", `${row.mzErrPpm.toFixed(2)} ppm`],
    ["Pixels with signal", row.nPixels.toLocaleString("en")],
    ["Largest intensity", amount(row.maxIntensity)],
    ["Sum of intensities", amount(row.totalIntensity)],
    ["Molecule table", row.database],
  ];
  const list = facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
  const others = (title: string, ions: string[]): Node[] =>
    ions.length
      ? [
          el("h3", {}, title),
          el(
            "ul",
            { class: "ions" },
            ...ions.map((ion) =>
              el(
                "li",
                {},
                el(
                  "button",
                  { type: "button", class: "link", onclick: () => choose(ion) },
                  ionName(ion),
                ),
              ),
            ),
          ),
        ]
      : [];
  const molecules = row.moleculeNames.map((name, i) =>
    el("li", {}, name, el("small", {}, ` ${row.moleculeIds[i] ?? ""}`)),
  );
  return [
    el("div", { class: "isotopes" }, ...images),
    el("dl", { class: "facts" }, ...list),
    el(
      "h3",
      {},
      row.moleculeNames.length > 1
        ? `${row.moleculeNames.length} molecules of this formula`
        : "Molecule",
    ),
    el("ul", { class: "molecules" }, ...molecules),
    ...others("The same ion otherwise explained", row.isomers),
    ...others("Ions of overlapping m/z", row.isobars),
    el("h3", {}, "Isotopic pattern"),
    patternPlot(row.ion, pattern),
    patternTable(pattern),
  ];
}

export function partnersPanel(
  found: Partners,
  measures: string[],
  choose: Choose,
  picture: Picture,
  act: { measured: (name: string) => void; saved: () => void },
): Node[] {
  const select = el(
    "select",
    { id: "measure", onchange: (event) => act.measured((event.target as HTMLSelectElement).value) },
    ...measures.map((name) =>
      el("option", { value: name, selected: name === found.measure }, measureName(name)),
    ),
  );
  const head = el(
    "div",
    { class: "tools" },
    el("label", {}, "Measure ", select),
    el("span", { class: "grow" }),
    el("button", { type: "button", id: "save-partners", onclick: act.saved }, "CSV"),
  );
  if (!found.hasSignal)
    return [head, note("The image has no signal above its background: nothing lies with it.")];
  if (!found.partners.length)
    return [
      head,
      note(`None of ${found.nIons - 1} other ions scores ${DEFAULTS.partners.minScore} or more.`),
    ];
  const rows = found.partners.map((p): [string, ...(string | Node)[]] => [
    p.ion,
    p.score.toFixed(3),
    percent(p.fdr),
    p.moleculeNames.join(", "),
  ]);
  return [head, ionTable(["Ion", "Score", "FDR", "Molecules"], rows, choose, picture)];
}

export function spectrumPanel(
  spectrum: Spectrum | undefined,
  choose: Choose,
  saved: () => void,
): Node[] {
  if (!spectrum)
    return [
      note(
        "Click a pixel of the image, or move the cursor there with the arrow keys and press Enter.",
      ),
    ];
  const plot = new SpectrumPlot(spectrum, choose);
  const title = `Pixel ${spectrum.x}, ${spectrum.y}: ${spectrum.nPeaks.toLocaleString("en")} peaks, sum ${amount(spectrum.tic)}`;
  const rows = [...spectrum.explained]
    .sort((a, b) => b.intensity - a.intensity)
    .slice(0, 200)
    .map((p): [string, ...(string | Node)[]] => [
      p.ion,
      p.mz.toFixed(4),
      amount(p.intensity),
      `${p.errorPpm.toFixed(2)} ppm`,
    ]);
  return [
    el(
      "div",
      { class: "tools" },
      el("h3", {}, title),
      el("span", { class: "grow" }),
      el("button", { type: "button", id: "save-spectrum", onclick: saved }, "CSV"),
    ),
    plot.element,
    note("Drag across to zoom, double click to see all; a click on a marked peak shows its ion."),
    ionTable(["Ion", "m/z", "Intensity", "Error"], rows, choose),
  ];
}

export function markersPanel(
  found: Markers | undefined,
  choose: Choose,
  picture: Picture,
  act: { clear: () => void; saveMarkers: () => void; saveRegions: () => void },
): Node[] {
  const first = found?.regions[0];
  if (!found || !first) {
    return [
      note(
        "Choose “Draw a region” and click its corners; a click on the first one closes it. With the keyboard: arrows move, Enter sets a corner, C closes.",
      ),
    ];
  }
  const button = (id: string, text: string, act: () => void) =>
    el("button", { type: "button", id, onclick: act }, text);
  const tables = found.regions.flatMap(({ region, markers }) => [
    el("h3", {}, region),
    ionTable(
      ["Ion", "AUC", "log₂ fold", "Inside / outside"],
      markers
        .slice(0, 100)
        .map((m): [string, ...(string | Node)[]] => [
          m.ion,
          m.auc.toFixed(3),
          m.log2FoldChange?.toFixed(2) ?? "–",
          `${amount(m.meanInside)} / ${amount(m.meanOutside)}`,
        ]),
      choose,
      picture,
    ),
  ]);
  return [
    el(
      "div",
      { class: "tools" },
      button("clear-regions", "Clear", act.clear),
      el("span", { class: "grow" }),
      button("save-markers", "Markers CSV", act.saveMarkers),
      button("save-regions", "Regions CSV", act.saveRegions),
    ),
    note(
      "AUC: the chance that a pixel inside is brighter than one outside. No p-values: neighbouring pixels are alike.",
    ),
    ...tables,
  ];
}

/** One ion in several results: a figure each, filled when its picture comes. */
export function comparePanel(
  ion: string,
  datasets: Dataset[],
  picture: (dataset: Dataset) => Promise<ImageBitmap>,
  pixels: (dataset: Dataset) => Promise<Pixels>,
): Node[] {
  if (datasets.length < 2)
    return [
      note(
        "One results folder is served. metaspace serve A B shows an ion of several side by side.",
      ),
    ];
  const figures = datasets.map((dataset) => {
    const canvas = el("canvas", {
      width: dataset.width,
      height: dataset.height,
      role: "img",
      "aria-label": `${ion} in ${dataset.id}`,
    });
    const said = el("span", { class: "quiet" }, "…");
    void (async () => {
      try {
        const [image, numbers] = await Promise.all([picture(dataset), pixels(dataset)]);
        canvas.getContext("2d")?.drawImage(image, 0, 0);
        const largest = numbers.intensity.reduce((a, b) => Math.max(a, b), 0);
        said.textContent = `${numbers.x.length.toLocaleString("en")} pixels, largest ${amount(largest)}`;
      } catch (error) {
        canvas.classList.add("absent");
        said.textContent =
          (error as { status?: number }).status === 404
            ? "not annotated here"
            : (error as Error).message;
      }
    })();
    return el(
      "figure",
      { "data-dataset": dataset.id },
      canvas,
      el("figcaption", {}, el("strong", {}, dataset.id), " ", said),
    );
  });
  return [el("h3", {}, "In every results folder"), el("div", { class: "figures" }, ...figures)];
}

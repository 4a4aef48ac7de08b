// The viewer: connects the table, the image, the spectrum and the panel, and starts them.

import { readAddress, writeAddress } from "./address.ts";
import { type Annotation, Api, type Dataset } from "./api.ts";
import { Client } from "./client.ts";
import { Connection } from "./connection.ts";
import { byId, element, setOptions } from "./dom.ts";
import { saveFile, savePicture, savePixels } from "./download.ts";
import { copyFigureCommand } from "./figure-command.ts";
import { percent } from "./format.ts";
import { ImageCanvas } from "./image/canvas.ts";
import {
  bindControls,
  offerColormaps,
  offerIsotopes,
  offerNormalization,
  offerPlanes,
  selectTool,
} from "./image/controls.ts";
import { IonImage } from "./image/ion-image.ts";
import { showReadout } from "./image/readout.ts";
import { answerOf, notify } from "./notice.ts";
import { bindOptical, offerOptical } from "./optical/controls.ts";
import { OpticalKeeper } from "./optical/keeper.ts";
import { Panel } from "./panel/panel.ts";
import { RegionKeeper } from "./regions/keeper.ts";
import type { Region } from "./regions/region.ts";
import { SpectrumStrip } from "./spectrum/strip.ts";
import { initialState, resetDataset } from "./state.ts";
import { offerFilters } from "./table/filter.ts";
import { Table } from "./table/table.ts";
import { bindTheme, restoreTheme } from "./theme.ts";
import { Thumbnails } from "./thumbnails.ts";
import { askToken } from "./token.ts";

/** Rows of a search in which an ion is looked for by its name. */
const MAX_FOUND = 50;

class Viewer {
  private readonly state = initialState(readAddress());
  private readonly connection = new Connection(() => this.reopen());
  private readonly api = new Api(new Client(askToken, () => this.connection.lost()));
  private readonly thumbnails = new Thumbnails(this.state, this.api);
  private readonly regions = new RegionKeeper(this.state, this.api);
  private readonly optical = new OpticalKeeper(this.state, this.api);
  private readonly table = new Table(this.state, this.api, this.thumbnails, {
    select: (row) => this.select(row),
    showMz: (mz) => this.showMz(mz, 0),
    filtered: () => this.filtered(),
  });
  private readonly canvas = new ImageCanvas(this.state, {
    hovered: (place) => showReadout(this.state, place),
    picked: (x, y) => void this.readSpectrum(x, y),
    optionChanged: () => writeAddress(this.state.choices),
    regionDrawn: (region) => this.selectRegion(region, true),
    aligned: (placement) => this.optical.place(placement),
    advised: (advice) => offerOptical(this.state, advice),
  });
  private readonly image = new IonImage(this.state, this.api, this.canvas, () => {
    const { tab, mz } = this.state.choices;
    // These say what the pixels of the image hold.
    if (tab === "regions" ? this.state.regions.length : tab === "ion" && mz) void this.panel.show();
  });
  private readonly strip = new SpectrumStrip(this.state, this.api, {
    choose: (ion) => void this.choose(ion),
    showMz: (mz, ppm) => this.showMz(mz, ppm),
    folded: () => writeAddress(this.state.choices),
  });
  private readonly panel = new Panel(this.state, this.api, this.thumbnails, {
    choose: (ion) => void this.choose(ion),
    showMz: (mz, ppm) => {
      this.strip.center(mz);
      this.showMz(mz, ppm);
    },
    spectrum: () => this.strip.spectrum,
    select: (region) => this.selectRegion(region === this.state.region ? undefined : region),
    changed: () => this.regionsChanged(),
    remove: (region) => this.removeRegion(region),
    clear: () => this.clearRegions(),
    segment: (n) => void this.addRegions(this.regions.segment(n)),
    load: (file) => void this.addRegions(this.regions.import(file)),
  });

  /** How thumbnails, partners and markers were drawn last. */
  private drawn = {
    colormap: this.state.choices.colormap,
    normalization: this.state.choices.normalization,
  };

  /** Shows the dataset of the address, or the first one. */
  async start(): Promise<void> {
    const { state, api, canvas } = this;
    bindControls(state, canvas, () => this.redraw());
    bindOptical(state, {
      add: (file) => void this.changeOptical(this.optical.add(file)),
      remove: () => void this.changeOptical(this.optical.remove()),
      changed: () => this.opticalChanged(),
    });
    bindTheme();
    byId("save-png").addEventListener("click", () => void savePicture(state, canvas.picture()));
    byId("save-pixels").addEventListener("click", () => void savePixels(state, api));
    byId("figure-command").addEventListener("click", () => void copyFigureCommand(state));
    byId<HTMLSelectElement>("dataset").addEventListener("change", (event) => {
      state.choices.dataset = (event.target as HTMLSelectElement).value;
      state.choices.offset = 0;
      state.choices.channels = [];
      // The other dataset may not have the ion.
      if (state.choices.normalization.startsWith("ion=")) state.choices.normalization = "none";
      void this.openDataset();
    });
    await this.open();
  }

  /** Shows everything as the server has it now. */
  private async open(): Promise<void> {
    this.state.served = await this.api.datasets();
    offerColormaps(this.state);
    this.offerDatasets();
    this.offerExperiments();
    await this.openDataset();
  }

  /** Shows everything anew, after the server was gone. */
  private async reopen(): Promise<void> {
    await answerOf(this.open());
  }

  private offerDatasets(): void {
    const { choices, served } = this.state;
    const datasets = served?.datasets ?? [];
    const isServed = datasets.some(({ id }) => id === choices.dataset);
    if (!isServed) choices.dataset = datasets[0]?.id ?? "";
    const options = datasets.map(({ id, name }): [string, string] => [
      id,
      id === name ? id : `${id} (${name})`,
    ]);
    setOptions(byId<HTMLSelectElement>("dataset"), options, choices.dataset);
  }

  /** Links to the reports of experiments; without a link that may be followed, each can be saved. */
  private offerExperiments(): void {
    const links = (this.state.served?.experiments ?? []).map((id) => {
      const href = this.api.experimentAddress(id);
      if (href) return element("a", { href, target: "_blank" }, `Experiment ${id}`);
      const save = async () => {
        const page = await answerOf(this.api.experiment(id));
        if (page) saveFile(page, `${id}.html`);
      };
      return element("button", { type: "button", onclick: () => void save() }, `Experiment ${id}`);
    });
    byId("experiments").replaceChildren(...links);
  }

  /** Shows the chosen dataset: in it the same ion or m/z, or else its best ion. */
  private async openDataset(): Promise<void> {
    const { state } = this;
    const { choices, served } = state;
    const dataset = served?.datasets.find(({ id }) => id === choices.dataset);
    if (!dataset) return;
    document.title = `${dataset.id} – metaspace`;
    resetDataset(state, dataset);
    this.showAbout();
    offerIsotopes(state);
    offerPlanes(state);
    offerNormalization(state);
    this.canvas.reset();
    offerFilters(state);
    writeAddress(choices);
    this.strip.reset();
    await this.openTable(dataset);
    if (state.dataset !== dataset) return;
    void this.loadRegions();
    void this.changeOptical(this.optical.load());
  }

  /** Lists the annotations of a dataset and shows one of them. */
  private async openTable(dataset: Dataset): Promise<void> {
    const { state } = this;
    const { choices } = state;
    if (!(await this.table.load()) || state.dataset !== dataset) return;
    if (choices.mz) {
      this.showMz(choices.mz, choices.ppm);
      return;
    }
    const row = (await this.rowOf(choices.ion)) ?? (await this.best());
    if (state.dataset !== dataset) return;
    if (!row) {
      choices.ion = "";
      this.image.clear(
        "No ion",
        "Nothing is annotated here. A click on a peak of the spectrum above shows where it lies.",
      );
      void this.panel.show();
      return;
    }
    if (choices.ion && row.ion !== choices.ion) {
      notify(`${choices.ion} is not annotated in ${dataset.id}; this is its best ion.`);
    }
    this.select(row);
  }

  /** The annotation of an ion, wherever in the table it is. */
  private async rowOf(ion: string): Promise<Annotation | undefined> {
    if (!ion) return undefined;
    const shown = this.table.rows.find((row) => row.ion === ion);
    if (shown) return shown;
    const { dataset } = this.state.choices;
    const page = await answerOf(this.api.annotations({ dataset, q: ion, limit: MAX_FOUND }));
    return page?.rows.find((found) => found.ion === ion);
  }

  /** The best annotation that the filter leaves, or of all. */
  private async best(): Promise<Annotation | undefined> {
    const [first] = this.table.rows;
    if (first) return first;
    const { dataset } = this.state.choices;
    const page = await answerOf(this.api.annotations({ dataset, limit: 1 }));
    return page?.rows[0];
  }

  /** Says what is shown, and how much of it passes the FDR. */
  private showAbout(): void {
    const { dataset, choices } = this.state;
    if (!dataset) return;
    const { width, height, nAnnotations, annotationsAtFdr } = dataset;
    const level = annotationsAtFdr.find(({ fdr }) => fdr === choices.fdr);
    const all = nAnnotations.toLocaleString("en");
    const annotations = level
      ? `${level.n.toLocaleString("en")} of ${all} annotations up to FDR ${percent(level.fdr)}`
      : `${all} annotations`;
    byId("about").textContent = `${width} × ${height} pixels, ${annotations}`;
  }

  private filtered(): void {
    this.showAbout();
    this.strip.reload();
    const { tab } = this.state.choices;
    if (tab !== "ion" && tab !== "compare") void this.panel.show();
  }

  /** Selects an ion by its name. */
  private async choose(ion: string): Promise<void> {
    const row = await this.rowOf(ion);
    if (row) this.select(row);
    else notify(`${ion} is not annotated in ${this.state.choices.dataset}.`);
  }

  private select(row: Annotation): void {
    const { state } = this;
    state.row = row;
    state.names.learn(row.ion, row.moleculeNames);
    state.choices.ion = row.ion;
    state.choices.mz = 0;
    this.show();
  }

  /** Shows the image of a window of m/z; 0 ppm is that of the annotation. */
  private showMz(mz: number, ppm: number): void {
    const { choices, dataset } = this.state;
    choices.mz = mz;
    choices.ppm = ppm === dataset?.ppm ? 0 : ppm;
    if (choices.tab !== "spectrum") choices.tab = "ion";
    this.panel.mark();
    this.show();
  }

  /** Shows what is chosen everywhere, the image first. */
  private show(): void {
    this.table.mark();
    writeAddress(this.state.choices);
    void this.showImageFirst();
  }

  private async showImageFirst(): Promise<void> {
    const shown = this.image.show();
    this.thumbnails.after(shown);
    if (!(await shown)) return;
    this.strip.refresh();
    void this.panel.show();
  }

  /** Shows the image as it is chosen now. */
  private redraw(): void {
    const { colormap, normalization, tab } = this.state.choices;
    const isOther = normalization !== this.drawn.normalization;
    const isRecolored = colormap !== this.drawn.colormap;
    this.drawn = { colormap, normalization };
    writeAddress(this.state.choices);
    void this.image.show();
    if (isOther || isRecolored) this.thumbnails.redraw();
    if (isOther) void this.divideSpectra();
    const isDivided = tab === "partners" || tab === "regions";
    if (tab === "compare" || (isOther && isDivided)) void this.panel.show();
  }

  /** Asks for the spectra again, divided as it is chosen now. */
  private async divideSpectra(): Promise<void> {
    const { pixel, choices } = this.state;
    const { dataset, fdr, normalization } = choices;
    if (this.strip.spectrum && pixel) {
      const [x, y] = pixel;
      const spectrum = await answerOf(this.api.spectrum(x, y, { dataset, fdr, normalization }));
      if (dataset !== choices.dataset) return;
      this.strip.spectrum = spectrum;
    }
    this.strip.reload();
  }

  private async readSpectrum(x: number, y: number): Promise<void> {
    const { dataset, fdr, normalization } = this.state.choices;
    const spectrum = await answerOf(this.api.spectrum(x, y, { dataset, fdr, normalization }));
    if (!spectrum || dataset !== this.state.choices.dataset) return;
    this.state.pixel = [x, y];
    this.canvas.refresh();
    this.strip.usePixel(spectrum);
    this.panel.open("spectrum");
  }

  private async loadRegions(): Promise<void> {
    await Promise.all([this.regions.load(), this.regions.loadTissue()]);
    this.canvas.offerOutline();
    this.canvas.refresh();
    if (this.state.choices.tab === "regions") void this.panel.show();
  }

  /** Shows the optical image as it is after a change of it. */
  private async changeOptical(changed: Promise<unknown>): Promise<void> {
    if ((await changed) === false) return;
    selectTool(this.canvas, "pan");
    offerOptical(this.state, "", true);
    this.canvas.refresh();
  }

  /** Shows the optical image as it is chosen now. */
  private opticalChanged(): void {
    writeAddress(this.state.choices);
    this.canvas.refresh();
  }

  /** Shows the markers and the spectrum of a region. */
  private selectRegion(region: Region | undefined, isNew = false): void {
    this.state.region = region;
    if (isNew) this.regions.changed();
    this.canvas.refresh();
    this.strip.useRegion();
    this.panel.open("regions");
  }

  private regionsChanged(): void {
    this.regions.changed();
    this.canvas.refresh();
    this.strip.refresh();
    void this.panel.show();
  }

  private removeRegion(region: Region): void {
    const { state } = this;
    state.regions = state.regions.filter((other) => other !== region);
    if (state.region === region) {
      state.region = undefined;
      this.strip.useRegion();
    }
    this.regionsChanged();
  }

  private clearRegions(): void {
    if (!confirm("Delete all regions of this dataset?")) return;
    this.state.regions = [];
    this.state.region = undefined;
    this.strip.useRegion();
    this.regionsChanged();
  }

  private async addRegions(added: Promise<boolean>): Promise<void> {
    if (!(await added)) return;
    this.canvas.refresh();
    void this.panel.show();
  }
}

restoreTheme();
new Viewer().start().catch((error: unknown) => {
  notify(`The viewer cannot start: ${(error as Error).message}`);
});

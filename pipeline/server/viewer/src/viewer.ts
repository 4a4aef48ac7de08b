// The viewer: connects the table, the image and the panel, and starts them.

import { readAddress, writeAddress } from "./address.ts";
import { type Annotation, Api } from "./api.ts";
import { Client } from "./client.ts";
import { byId, setOptions } from "./dom.ts";
import { savePicture, savePixels } from "./download.ts";
import { ImageCanvas } from "./image/canvas.ts";
import { bindControls, offerColormaps, offerIsotopes } from "./image/controls.ts";
import { IonImage } from "./image/ion-image.ts";
import { showReadout } from "./image/readout.ts";
import { answerOf, notify } from "./notice.ts";
import { Panel } from "./panel/panel.ts";
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
  private readonly api = new Api(new Client(askToken));
  private readonly thumbnails = new Thumbnails(this.state, this.api);
  private readonly table = new Table(this.state, this.api, this.thumbnails, (row) =>
    this.select(row),
  );
  private readonly canvas = new ImageCanvas(this.state, {
    hovered: (place) => showReadout(this.state, place),
    picked: (x, y) => void this.readSpectrum(x, y),
    regionClosed: () => void this.readMarkers(),
  });
  private readonly image = new IonImage(this.state, this.api, this.canvas);
  private readonly panel = new Panel(this.state, this.api, this.thumbnails, {
    choose: (ion) => void this.choose(ion),
    clearRegions: () => this.clearRegions(),
  });

  /** Shows the dataset of the address, or the first one. */
  async start(): Promise<void> {
    const { state, api, canvas } = this;
    bindControls(state, canvas, () => this.redraw());
    bindTheme();
    byId("save-png").addEventListener("click", () => void savePicture(state, canvas.picture()));
    byId("save-pixels").addEventListener("click", () => void savePixels(state, api));
    state.served = await api.datasets();
    offerColormaps(state);
    this.offerDatasets();
    await this.openDataset();
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
    const select = byId<HTMLSelectElement>("dataset");
    setOptions(select, options, choices.dataset);
    select.addEventListener("change", () => {
      choices.dataset = select.value;
      choices.offset = 0;
      choices.channels = [];
      void this.openDataset();
    });
  }

  /** Shows the chosen dataset, and in it the same ion, if it is there. */
  private async openDataset(): Promise<void> {
    const { state } = this;
    const { choices, served } = state;
    const dataset = served?.datasets.find(({ id }) => id === choices.dataset);
    if (!dataset) return;
    const nAnnotations = dataset.nAnnotations.toLocaleString("en");
    byId("about").textContent =
      `${dataset.width} × ${dataset.height} pixels, ${nAnnotations} annotations`;
    document.title = `${dataset.id} – metaspace`;
    resetDataset(state, dataset);
    offerIsotopes(state);
    this.canvas.reset();
    offerFilters(state);
    writeAddress(choices);
    await this.table.load();
    if (state.row) return;
    if (choices.ion) await this.choose(choices.ion);
    else this.image.show();
  }

  /** Selects an ion by its name, wherever in the table it is. */
  private async choose(ion: string): Promise<void> {
    const { dataset } = this.state.choices;
    const page = await answerOf(this.api.annotations({ dataset, q: ion, limit: MAX_FOUND }));
    const row = page?.rows.find((found) => found.ion === ion);
    if (row) this.select(row);
    else if (page) notify(`${ion} is not annotated in ${this.state.choices.dataset}`);
  }

  private select(row: Annotation): void {
    this.state.row = row;
    this.state.choices.ion = row.ion;
    this.table.mark();
    writeAddress(this.state.choices);
    this.image.show();
    void this.panel.show();
  }

  /** Shows the image as it is chosen now. */
  private redraw(): void {
    writeAddress(this.state.choices);
    this.image.show();
    if (this.state.choices.tab === "compare") void this.panel.show();
  }

  private async readSpectrum(x: number, y: number): Promise<void> {
    this.canvas.pick([x, y]);
    const { dataset, fdr } = this.state.choices;
    const spectrum = await answerOf(this.api.spectrum(x, y, { dataset, fdr }));
    if (!spectrum) return;
    this.state.spectrum = spectrum;
    this.panel.open("spectrum");
  }

  private async readMarkers(): Promise<void> {
    const { dataset, fdr } = this.state.choices;
    const regions = this.state.regions.map(({ name, pixels }) => ({ name, pixels }));
    this.state.markers = await answerOf(this.api.markers({ regions }, { dataset, fdr }));
    // A region that the server refuses is not kept.
    if (!this.state.markers) this.state.regions.pop();
    this.canvas.cancelRegion();
    this.panel.open("markers");
  }

  private clearRegions(): void {
    this.state.regions = [];
    this.state.markers = undefined;
    this.canvas.cancelRegion();
    void this.panel.show();
  }
}

restoreTheme();
new Viewer().start().catch((error: unknown) => {
  notify(`The viewer cannot start: ${(error as Error).message}`);
});

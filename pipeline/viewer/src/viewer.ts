// The viewer: what is chosen, what is asked of the server, and where it is shown.

import {
  type Annotation,
  type Dataset,
  type Markers,
  type Page,
  type Partners,
  type Pixels,
  type Served,
  type Spectrum,
  Api,
  Latest,
  isAborted,
  query,
} from "./api.ts";
import { byId, calm, el, options, save, say } from "./dom.ts";
import { amount } from "./format.ts";
import { ionName } from "./ion-name.ts";
import { aboutIon, comparePanel, markersPanel, partnersPanel, spectrumPanel } from "./panels.ts";
import { csv, regionCsv } from "./image/region.ts";
import { type Layer, Stage } from "./image/stage.ts";
import { fromHash, toHash } from "./state.ts";
import { Table } from "./table/table.ts";
import { Thumbs } from "./thumbnails.ts";

const TABS: [string, string][] = [
  ["ion", "Ion"],
  ["partners", "Co-localized"],
  ["spectrum", "Spectrum"],
  ["markers", "Markers"],
  ["compare", "Compare"],
];

/** Channels of a composite, at most. */
const MAX_CHANNELS = 7;

function askToken(isWrong: boolean): Promise<string> {
  const dialog = byId<HTMLDialogElement>("token-dialog");
  const input = byId<HTMLInputElement>("token");
  byId("token-wrong").hidden = !isWrong;
  input.value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(input.value), { once: true }),
  );
}

class Viewer {
  private readonly api = new Api(askToken);
  private readonly state = fromHash(location.hash);
  private served: Served | undefined;
  private dataset: Dataset | undefined;
  private row: Annotation | undefined;
  private pixels: Pixels | undefined;
  private lookup = new Map<number, number>();
  private partners: Partners | undefined;
  private spectrum: Spectrum | undefined;
  private markers: Markers | undefined;
  private readonly images = new Latest();
  private readonly panels = new Latest();
  private readonly thumbs = new Thumbs(this.api);
  private readonly small = (ion: string, isotope: number) =>
    this.thumbs.of({ dataset: this.state.dataset, ion, isotope, colormap: this.state.colormap });
  private readonly table = new Table(
    this.api,
    this.state,
    (ion) => this.small(ion, 0),
    () => this.remember(),
    (row) => this.select(row),
  );
  private readonly stage = new Stage(
    (place) => this.hover(place),
    (x, y) => void this.readSpectrum(x, y),
    () => void this.readMarkers(),
  );

  async start(): Promise<void> {
    this.bindControls();
    this.tabs();
    this.served = await this.api.json<Served>("datasets");
    const { datasets, colormaps } = this.served;
    const maps = Object.keys(colormaps).map((name): [string, string] => [
      name,
      name.replace("-", " "),
    ]);
    options(byId<HTMLSelectElement>("colormap"), maps, this.state.colormap);
    const known = datasets.some(({ id }) => id === this.state.dataset);
    if (!known) this.state.dataset = datasets[0]?.id ?? "";
    const choice = byId<HTMLSelectElement>("dataset");
    const names = datasets.map(({ id, name }): [string, string] => [
      id,
      id === name ? id : `${id} (${name})`,
    ]);
    options(choice, names, this.state.dataset);
    choice.addEventListener("change", () => {
      this.state.dataset = choice.value;
      this.state.offset = 0;
      this.state.channels = [];
      void this.open();
    });
    await this.open();
  }

  /** Shows another dataset; the same ion, if it is there. */
  private async open(): Promise<void> {
    this.dataset = this.served?.datasets.find(({ id }) => id === this.state.dataset);
    const dataset = this.dataset;
    if (!dataset) return;
    byId("about").textContent =
      `${dataset.width} × ${dataset.height} pixels, ${dataset.nAnnotations.toLocaleString("en")} annotations`;
    document.title = `${dataset.id} – metaspace`;
    const isotopes = Array.from({ length: dataset.nIsotopes }, (_, i): [string, string] => [
      String(i),
      i ? `${i}` : "0 (first)",
    ]);
    options(byId<HTMLSelectElement>("isotope"), isotopes, String(this.state.isotope));
    this.stage.size(dataset, dataset.pixelSizeUm?.[0]);
    [this.spectrum, this.markers, this.partners, this.pixels, this.row] = [
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ];
    this.table.choices(dataset);
    this.remember();
    await this.table.load();
    if (!this.row && this.state.ion) await this.choose(this.state.ion);
    else if (!this.row) this.showImage();
  }

  /** Selects an ion by its name, wherever in the table it is. */
  private async choose(ion: string): Promise<void> {
    const page = await this.ask(
      this.api.json<Page>(
        `annotations${query({ dataset: this.state.dataset, q: ion, limit: 50 })}`,
      ),
    );
    const row = page?.rows.find((found) => found.ion === ion);
    if (row) this.select(row);
    else if (page) say(`${ion} is not annotated in ${this.state.dataset}`);
  }

  private select(row: Annotation): void {
    this.row = row;
    this.state.ion = row.ion;
    this.table.mark();
    this.remember();
    this.showImage();
    void this.showPanel();
  }

  private remember(): void {
    history.replaceState(null, "", `#${toHash(this.state)}`);
  }

  /** What comes of a question; a problem is said and nothing comes of it. */
  private async ask<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (!isAborted(error)) {
        const { message, hint } = error as Error & { hint?: string };
        say(hint ? `${message}. ${hint}` : message);
      }
      return undefined;
    }
  }

  private address(ion: string, dataset: string, colormap: string): string {
    const { isotope, scale, hotspot, normalization } = this.state;
    return `ions/${encodeURIComponent(ion)}/images/${isotope}.png${query({ dataset, colormap, scale, hotspot, normalization })}`;
  }

  private picture(
    ion: string,
    dataset: string,
    colormap: string,
    signal?: AbortSignal,
  ): Promise<{ picture: ImageBitmap; ceiling: number }> {
    return this.api.picture(this.address(ion, dataset, colormap), signal);
  }

  private showImage(): void {
    const { ion, dataset, channels, colormap, opacity, isotope } = this.state;
    byId("title").replaceChildren(ion ? ionName(ion) : "No ion selected");
    byId("canvas").dataset["shown"] = "";
    const signal = this.images.next();
    const layers = channels.length
      ? channels.map(async (channel): Promise<Layer> => ({
          ...(await this.picture(channel.ion, dataset, "grey", signal)),
          opacity: channel.opacity,
          color: channel.color,
        }))
      : ion
        ? [
            this.picture(ion, dataset, colormap, signal).then((drawn): Layer => ({
              ...drawn,
              opacity,
            })),
          ]
        : [];
    void this.ask(Promise.all(layers)).then((shown) => {
      if (!shown) return;
      this.stage.show(shown);
      this.legend(shown[0]?.ceiling);
      byId("canvas").dataset["shown"] = channels.length
        ? channels.map((c) => c.ion).join(" ")
        : `${ion} ${colormap}`;
    });
    this.drawChannels();
    this.pixels = undefined;
    if (!ion) return;
    void this.ask(
      this.api.json<Pixels>(
        `ions/${encodeURIComponent(ion)}/pixels${query({ dataset, isotope })}`,
        signal,
      ),
    ).then((pixels) => {
      this.pixels = pixels;
      this.lookup = new Map(
        pixels?.x.map((x, i) => [(pixels.y[i] ?? 0) * pixels.width + x, pixels.intensity[i] ?? 0]),
      );
    });
  }

  private legend(ceiling: number | undefined): void {
    const { colormap, channels, scale } = this.state;
    const box = byId("legend");
    if (channels.length) {
      box.replaceChildren(`${channels.length} channels, ${scale} scale`);
      return;
    }
    const stops = this.served?.colormaps[colormap] ?? [];
    const ramp = el("canvas", {
      width: 120,
      height: 10,
      role: "img",
      "aria-label": `Colours from low to high: ${colormap}`,
    });
    const context = ramp.getContext("2d");
    stops.forEach((color, i) => {
      if (!context) return;
      context.fillStyle = color;
      context.fillRect((i * 120) / stops.length, 0, 120 / stops.length + 1, 10);
    });
    const atLeast = this.state.hotspot < 1 ? "≥ " : "";
    box.replaceChildren("0 ", ramp, ceiling === undefined ? "" : ` ${atLeast}${amount(ceiling)}`);
  }

  private drawChannels(): void {
    const { channels } = this.state;
    const changed = () => {
      this.remember();
      this.showImage();
    };
    byId("channels").replaceChildren(
      ...channels.map((channel, i) => {
        const color = el("input", {
          type: "color",
          value: channel.color,
          "aria-label": `Colour of ${channel.ion}`,
        });
        const opacity = el("input", {
          type: "range",
          min: 0,
          max: 1,
          step: 0.05,
          value: channel.opacity,
          "aria-label": `Opacity of ${channel.ion}`,
        });
        color.addEventListener("change", () => ((channel.color = color.value), changed()));
        opacity.addEventListener(
          "change",
          () => ((channel.opacity = Number(opacity.value)), changed()),
        );
        const remove = () => {
          channels.splice(i, 1);
          changed();
        };
        return el(
          "li",
          {},
          color,
          ionName(channel.ion),
          opacity,
          el(
            "button",
            { type: "button", "aria-label": `Remove ${channel.ion}`, onclick: remove },
            "×",
          ),
        );
      }),
    );
    const button = byId<HTMLButtonElement>("add-channel");
    button.disabled =
      !this.state.ion ||
      channels.length >= MAX_CHANNELS ||
      channels.some(({ ion }) => ion === this.state.ion);
  }

  private hover(place: [number, number] | undefined): void {
    const text = () => {
      if (!place || !this.dataset || !this.pixels) return "";
      const value = this.lookup.get(place[1] * this.dataset.width + place[0]) ?? 0;
      return `x ${place[0]}, y ${place[1]}: ${amount(value)}`;
    };
    byId("readout").textContent = text();
  }

  private async readSpectrum(x: number, y: number): Promise<void> {
    this.stage.pick([x, y]);
    const { dataset, fdr } = this.state;
    const found = await this.ask(
      this.api.json<Spectrum>(`spectra/${x},${y}${query({ dataset, fdr })}`),
    );
    if (!found) return;
    this.spectrum = found;
    this.openTab("spectrum");
  }

  private async readMarkers(): Promise<void> {
    const { dataset, fdr } = this.state;
    const regions = this.stage.regions.map(({ name, pixels }) => ({ name, pixels }));
    const found = regions.length
      ? await this.ask(this.api.post<Markers>(`markers${query({ dataset, fdr })}`, { regions }))
      : undefined;
    if (!found) this.stage.regions.pop();
    this.markers = found;
    this.stage.cancel();
    this.openTab("markers");
  }

  private tabs(): void {
    const list = byId("tabs");
    list.replaceChildren(
      ...TABS.map(([key, title]) =>
        el(
          "button",
          {
            type: "button",
            role: "tab",
            id: `tab-${key}`,
            "aria-controls": "panel",
            onclick: () => this.openTab(key),
          },
          title,
        ),
      ),
    );
    list.addEventListener("keydown", (event) => {
      const at = TABS.findIndex(([key]) => key === this.state.tab);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const to = step && TABS[(at + step + TABS.length) % TABS.length];
      if (!to) return;
      event.preventDefault();
      this.openTab(to[0]);
      byId(`tab-${to[0]}`).focus();
    });
    if (!TABS.some(([key]) => key === this.state.tab)) this.state.tab = "ion";
    this.markTab();
  }

  private markTab(): void {
    for (const [key] of TABS) {
      const isShown = key === this.state.tab;
      byId(`tab-${key}`).setAttribute("aria-selected", String(isShown));
      byId(`tab-${key}`).tabIndex = isShown ? 0 : -1;
    }
    byId("panel").setAttribute("aria-labelledby", `tab-${this.state.tab}`);
  }

  private openTab(key: string): void {
    this.state.tab = key;
    this.markTab();
    this.remember();
    void this.showPanel();
  }

  private async showPanel(): Promise<void> {
    const panel = byId("panel");
    const choose = (ion: string) => void this.choose(ion);
    const { tab, ion, dataset } = this.state;
    panel.dataset["of"] = "";
    if (tab === "ion")
      panel.replaceChildren(...(this.row ? aboutIon(this.row, choose, this.small) : []));
    else if (tab === "spectrum")
      panel.replaceChildren(
        ...spectrumPanel(this.spectrum, choose, () => void this.saveSpectrum()),
      );
    else if (tab === "markers") {
      panel.replaceChildren(
        ...markersPanel(this.markers, choose, this.small, {
          clear: () => this.clearRegions(),
          saveMarkers: () => this.saveMarkers(),
          saveRegions: () => this.saveRegions(),
        }),
      );
    } else if (tab === "compare") {
      const all = this.served?.datasets ?? [];
      const image = async (of: Dataset) =>
        (await this.picture(ion, of.id, this.state.colormap)).picture;
      const pixels = (of: Dataset) =>
        this.api.json<Pixels>(
          `ions/${encodeURIComponent(ion)}/pixels${query({ dataset: of.id, isotope: this.state.isotope })}`,
        );
      panel.replaceChildren(...comparePanel(ion, all, image, pixels));
    } else if (ion) {
      const { measure, fdr } = this.state;
      const address = `colocalization${query({ dataset, ion, measure, fdr, limit: 100 })}`;
      const found = await this.ask(this.api.json<Partners>(address, this.panels.next()));
      if (!found || this.state.tab !== tab) return;
      this.partners = found;
      const measured = (name: string) => {
        this.state.measure = name;
        this.remember();
        void this.showPanel().then(() => byId("measure").focus());
      };
      panel.replaceChildren(
        ...partnersPanel(found, this.served?.measures ?? [], choose, this.small, {
          measured,
          saved: () => this.savePartners(),
        }),
      );
    }
    panel.dataset["of"] = `${tab} ${ion}`;
  }

  private clearRegions(): void {
    this.stage.regions = [];
    this.markers = undefined;
    this.stage.cancel();
    void this.showPanel();
  }

  private text(header: string[], rows: (string | number | null)[][], name: string): void {
    save(new Blob([csv(header, rows)], { type: "text/csv" }), `${this.state.dataset}-${name}.csv`);
  }

  private savePartners(): void {
    const rows =
      this.partners?.partners.map((p) => [p.ion, p.score, p.fdr, p.moleculeNames.join("; ")]) ?? [];
    this.text(
      ["ion", "score", "fdr", "moleculeNames"],
      rows,
      `${this.state.ion}-${this.state.measure}`,
    );
  }

  private saveMarkers(): void {
    const rows = this.markers?.regions.flatMap(({ region, markers }) =>
      markers.map((m) => [
        region,
        m.ion,
        m.auc,
        m.log2FoldChange ?? null,
        m.meanInside,
        m.meanOutside,
        m.coverageInside,
        m.coverageOutside,
      ]),
    );
    this.text(
      [
        "region",
        "ion",
        "auc",
        "log2FoldChange",
        "meanInside",
        "meanOutside",
        "coverageInside",
        "coverageOutside",
      ],
      rows ?? [],
      "markers",
    );
  }

  private saveRegions(): void {
    save(
      new Blob([regionCsv(this.stage.regions)], { type: "text/csv" }),
      `${this.state.dataset}-regions.csv`,
    );
  }

  private async saveSpectrum(): Promise<void> {
    if (!this.spectrum) return;
    const { x, y } = this.spectrum;
    const { dataset, fdr } = this.state;
    const blob = await this.ask(
      this.api.blob(`spectra/${x},${y}${query({ dataset, fdr, format: "csv", limit: 100000 })}`),
    );
    if (blob) save(blob, `${dataset}-${x}-${y}-spectrum.csv`);
  }

  private async savePixels(): Promise<void> {
    const { ion, dataset, isotope } = this.state;
    const blob = await this.ask(
      this.api.blob(
        `ions/${encodeURIComponent(ion)}/pixels${query({ dataset, isotope, format: "csv" })}`,
      ),
    );
    if (blob) save(blob, `${dataset}-${ion}-${isotope}.csv`);
  }

  private bindControls(): void {
    const redraw = calm(40, () => {
      this.remember();
      this.showImage();
      if (this.state.tab === "compare") void this.showPanel();
    });
    const bind = (id: string, value: string, set: (value: string) => void) => {
      const control = byId<HTMLSelectElement>(id);
      control.value = value;
      control.addEventListener("input", () => {
        set(control.value);
        redraw();
      });
    };
    const { state } = this;
    bind("colormap", state.colormap, (value) => (state.colormap = value));
    bind("scale", state.scale, (value) => (state.scale = value));
    bind("normalization", state.normalization, (value) => (state.normalization = value));
    bind("hotspot", String(state.hotspot), (value) => (state.hotspot = Number(value)));
    bind("opacity", String(state.opacity), (value) => (state.opacity = Number(value)));
    bind("isotope", String(state.isotope), (value) => (state.isotope = Number(value)));
    const tool = (name: "pan" | "region") => {
      this.stage.tool = name;
      this.stage.cancel();
      for (const other of ["pan", "region"])
        byId(`tool-${other}`).setAttribute("aria-pressed", String(other === name));
      byId("canvas").classList.toggle("drawing", name === "region");
    };
    byId("tool-pan").addEventListener("click", () => tool("pan"));
    byId("tool-region").addEventListener("click", () => tool("region"));
    byId("add-channel").addEventListener("click", () => {
      const colors = this.served?.channelColors ?? [];
      const free = colors.find(
        (color) => !state.channels.some((channel) => channel.color === color),
      );
      state.channels.push({ ion: state.ion, color: free ?? "#ffffff", opacity: 1 });
      redraw();
    });
    byId("save-png").addEventListener("click", () => {
      void this.ask(this.stage.picture()).then(
        (blob) => blob && save(blob, `${state.dataset}-${state.ion}-${state.isotope}.png`),
      );
    });
    byId("save-pixels").addEventListener("click", () => void this.savePixels());
    byId("theme").addEventListener("click", () => {
      const root = document.documentElement;
      const isDark = root.dataset["theme"]
        ? root.dataset["theme"] === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset["theme"] = isDark ? "light" : "dark";
      localStorage.setItem("metaspace-theme", root.dataset["theme"]);
    });
  }
}

const theme = localStorage.getItem("metaspace-theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
new Viewer()
  .start()
  .catch((error: unknown) => say(`The viewer cannot start: ${(error as Error).message}`));

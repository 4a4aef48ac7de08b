// The spectrum above the panes: of all pixels, of a pixel or of a region; a click shows that m/z.

import type { Api, MeanSpectrum, Spectrum } from "../api.ts";
import { isGone } from "../client.ts";
import { debounce } from "../debounce.ts";
import { byId, setOptions } from "../dom.ts";
import { amount, counted } from "../format.ts";
import { Latest, isAborted } from "../latest.ts";
import { toGeoJson } from "../regions/geojson.ts";
import { type State, divisorOf, windowPpm } from "../state.ts";
import { type DrawnPeak, SpectrumPlot, peaksWithin } from "./plot.ts";

/** Of what the spectrum is. */
type Source = "mean" | "pixel" | "region";

/** How long zooming must rest until peaks are asked for. */
const ASK_AFTER_MS = 60;

/** Share of the m/z around a chosen one that is shown where it is not seen yet. */
const CONTEXT = 0.01;

export interface StripActions {
  choose(ion: string): void;
  /** The image of a window is wanted. */
  showMz(mz: number, ppm: number): void;
  /** The strip was folded or unfolded. */
  folded(): void;
}

export class SpectrumStrip {
  /** The spectrum of the pixel that is picked. */
  spectrum: Spectrum | undefined;
  private source: Source = "mean";
  private whole: [number, number] | undefined;
  private range: [number, number] | undefined;
  private readonly latest = new Latest();
  private readonly plot: SpectrumPlot;
  private readonly ask: () => void;

  constructor(
    private readonly state: State,
    private readonly api: Api,
    private readonly actions: StripActions,
  ) {
    this.ask = debounce(ASK_AFTER_MS, () => void this.load());
    this.plot = new SpectrumPlot({
      ranged: (low, high) => this.show(low, high),
      whole: () => this.showWhole(),
      clicked: (mz, peak) => this.click(mz, peak),
      widened: (ppm) => this.showWindow(state.choices.mz || (state.row?.mz ?? 0), ppm),
    });
    byId("strip-plot").replaceChildren(this.plot.element);
    byId("strip-source").addEventListener("change", (event) => {
      this.use((event.target as HTMLSelectElement).value as Source);
    });
    byId("strip-whole").addEventListener("click", () => this.showWhole());
    byId("strip-fold").addEventListener("click", () => this.fold());
    byId("window-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const mz = Number(byId<HTMLInputElement>("window-mz").value);
      const ppm = Number(byId<HTMLInputElement>("window-ppm").value);
      if (mz > 0 && ppm > 0) this.showWindow(mz, ppm);
    });
  }

  /** Starts anew with another dataset. */
  reset(): void {
    this.spectrum = undefined;
    [this.source, this.whole, this.range] = ["mean", undefined, undefined];
    this.showFold();
    this.refresh();
    this.ask();
  }

  /** Shows the spectrum of the pixel that was read. */
  usePixel(spectrum: Spectrum): void {
    this.spectrum = spectrum;
    this.use("pixel");
  }

  /** Shows the spectrum of the region that is selected, or of all pixels where there is none. */
  useRegion(): void {
    this.use(this.state.region ? "region" : "mean");
  }

  /** Marks the window whose image is shown. */
  refresh(): void {
    const { choices, row } = this.state;
    const ppm = windowPpm(this.state);
    const mz = choices.mz || (row && row.ion === choices.ion ? row.mz : 0);
    byId<HTMLInputElement>("window-mz").value = mz ? mz.toFixed(4) : "";
    byId<HTMLInputElement>("window-ppm").value = String(Number(ppm.toPrecision(3)));
    this.plot.mark(mz ? { mz, ppm } : undefined);
    this.offerSources();
  }

  /** Shows what is around an m/z, if it is not seen. */
  center(mz: number): void {
    const [low, high] = this.range ?? this.whole ?? [0, 0];
    if (mz >= low && mz <= high) return;
    this.show(mz * (1 - CONTEXT), mz * (1 + CONTEXT));
  }

  /** Asks for what is shown again, as other ions may explain it. */
  reload(): void {
    this.ask();
  }

  private showWindow(mz: number, ppm: number): void {
    if (mz > 0) this.actions.showMz(mz, ppm);
  }

  private use(source: Source): void {
    this.source = source;
    this.whole = undefined;
    this.offerSources();
    void this.load();
  }

  private offerSources(): void {
    const { region, pixel } = this.state;
    if (this.source === "region" && !region) this.source = "mean";
    const options: [string, string][] = [["mean", "Mean of all pixels"]];
    if (pixel && this.spectrum) options.push(["pixel", `Pixel ${pixel[0]}, ${pixel[1]}`]);
    if (region) options.push(["region", region.name]);
    setOptions(byId<HTMLSelectElement>("strip-source"), options, this.source);
  }

  private fold(): void {
    const { choices } = this.state;
    choices.strip = choices.strip === "off" ? "on" : "off";
    this.showFold();
    this.actions.folded();
    if (choices.strip !== "off") this.ask();
  }

  private showFold(): void {
    const isOff = this.state.choices.strip === "off";
    byId("strip-plot").hidden = isOff;
    byId("strip-fold").setAttribute("aria-expanded", String(!isOff));
  }

  private showWhole(): void {
    this.range = undefined;
    this.ask();
  }

  private show(low: number, high: number): void {
    if (!this.whole) return;
    const [first, last] = this.whole;
    const margin = (last - first) * 0.01;
    const from = Math.max(first - margin, low);
    const to = Math.min(last + margin, high);
    if (!(to > from)) return;
    const isWhole = from <= first && to >= last;
    this.range = isWhole ? undefined : [from, to];
    this.ask();
  }

  private click(mz: number, peak: DrawnPeak | undefined): void {
    if (peak?.ion !== undefined && !peak.isotope) this.actions.choose(peak.ion);
    else this.showWindow(Number(mz.toFixed(5)), windowPpm(this.state));
  }

  private async load(): Promise<void> {
    if (this.state.choices.strip === "off" || !this.state.dataset) return;
    if (this.source === "pixel" && this.spectrum) {
      this.drawPixel(this.spectrum);
      return;
    }
    try {
      this.drawMean(await this.answer(this.latest.next()));
    } catch (error) {
      if (isAborted(error) || isGone(error)) return;
      this.plot.show([], 0, 1, "No spectrum");
      byId("strip-about").textContent = (error as Error).message;
    }
  }

  private answer(signal: AbortSignal): Promise<MeanSpectrum> {
    const { choices, region } = this.state;
    const { dataset, fdr, normalization } = choices;
    const query = { fdr, normalization, columns: this.plot.columns };
    const [mzMin, mzMax] = this.range ?? [];
    const ranged = mzMin === undefined || mzMax === undefined ? query : { ...query, mzMin, mzMax };
    if (this.source === "region" && region) {
      return this.api.regionSpectrum(dataset, toGeoJson([region]), ranged, signal);
    }
    return this.api.meanSpectrum(dataset, ranged, signal);
  }

  private drawMean(found: MeanSpectrum): void {
    const { region, names } = this.state;
    const peaks = found.mz.map((mz, i): DrawnPeak => {
      const by = found.explainedBy[i];
      const ion = by === null || by === undefined ? undefined : found.ions[by];
      return {
        mz,
        intensity: found.intensity[i] ?? 0,
        ion: ion?.ion,
        name: ion?.moleculeName ?? undefined,
        isotope: found.isotope[i] ?? undefined,
      };
    });
    for (const { ion, moleculeName } of found.ions) {
      if (moleculeName) names.learn(ion, [moleculeName]);
    }
    this.whole = found.mzRange ? [found.mzRange[0] ?? 0, found.mzRange[1] ?? 1] : [0, 1];
    const [low, high] = this.range ?? this.whole;
    const of = this.source === "region" && region ? region.name : "all pixels";
    this.plot.show(peaks, low, high, `Mean spectrum of ${of}`);
    const isCoarse = found.resolution === "bins" && high - low < 20;
    byId("strip-about").textContent = found.mzRange
      ? `${counted(found.nPixels, "pixel")}${this.division()}${isCoarse ? ", in bins: this run kept no peaks to look nearer" : ""}`
      : "The dataset has no peak.";
    byId("strip-plot").dataset["shown"] = `${this.source} ${low.toFixed(3)} ${high.toFixed(3)}`;
  }

  /** By what intensities are divided, in words. */
  private division(): string {
    const divisor = divisorOf(this.state);
    return divisor ? `, divided by ${divisor}` : "";
  }

  private drawPixel(spectrum: Spectrum): void {
    const { mz, intensity, explained } = spectrum;
    const best = new Map<number, (typeof explained)[number]>();
    for (const peak of explained) {
      const held = best.get(peak.mz);
      if (!held || peak.isotope < held.isotope) best.set(peak.mz, peak);
    }
    const all = mz.map((mz, i): DrawnPeak => {
      const by = best.get(mz);
      return {
        mz,
        intensity: intensity[i] ?? 0,
        ion: by?.ion,
        name: by?.moleculeName ?? undefined,
        isotope: by?.isotope,
      };
    });
    const [first, last] = [mz[0] ?? 0, mz[mz.length - 1] ?? 1];
    this.whole = [first, Math.max(last, first + 1)];
    const [low, high] = this.range ?? this.whole;
    const { x, y, nPeaks, tic } = spectrum;
    this.plot.show(
      peaksWithin(all, low, high, this.plot.columns),
      low,
      high,
      `Spectrum of pixel ${x}, ${y}`,
    );
    byId("strip-about").textContent = `${counted(nPeaks, "peak")}, sum ${amount(tic)}`;
    byId("strip-plot").dataset["shown"] = `pixel ${low.toFixed(3)} ${high.toFixed(3)}`;
  }
}

// A spectrum as a picture: all peaks, and those that annotated ions explain.

import type { Spectrum } from "../api.ts";
import { amount } from "../format.ts";
import { svgElement } from "../svg.ts";
import { highest, nearest } from "./peaks.ts";
import { ticks } from "./ticks.ts";

const WIDTH = 440;
const HEIGHT = 240;
const LEFT = 48;
const TOP = 22;
const BOTTOM = 28;

/** The plot of an m/z range. Dragging across chooses a narrower one; a double click shows all. */
export class SpectrumPlot {
  readonly element = svgElement("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: "spectrum",
    role: "img",
    tabindex: 0,
  }) as SVGSVGElement;
  private low: number;
  private high: number;
  private from: number | undefined;

  constructor(
    private readonly spectrum: Spectrum,
    private readonly chosen: (ion: string) => void,
  ) {
    [this.low, this.high] = this.whole();
    const n = new Set(spectrum.explained.map((peak) => peak.ion)).size;
    this.element.setAttribute(
      "aria-label",
      `Spectrum of ${spectrum.nPeaks} peaks, ${n} annotated ions among them. Plus and minus zoom, arrows move, 0 shows all.`,
    );
    this.element.addEventListener("pointerdown", (event) => (this.from = this.mzAt(event)));
    this.element.addEventListener("pointerup", (event) => this.selectRange(this.mzAt(event)));
    this.element.addEventListener("dblclick", () => this.show(...this.whole()));
    this.element.addEventListener("keydown", (event) => this.key(event as KeyboardEvent));
    this.draw();
  }

  /** Shows an m/z range. */
  show(low: number, high: number): void {
    [this.low, this.high] = [low, high];
    this.draw();
  }

  private whole(): [number, number] {
    const mz = this.spectrum.mz;
    const [first, last] = [mz[0] ?? 0, mz[mz.length - 1] ?? 1];
    const margin = Math.max(0.5, (last - first) * 0.01);
    return [first - margin, last + margin];
  }

  private mzAt(event: Event): number {
    const { clientX } = event as PointerEvent;
    const box = this.element.getBoundingClientRect();
    const x = ((clientX - box.left) / box.width) * WIDTH;
    return this.low + ((x - LEFT) / (WIDTH - LEFT)) * (this.high - this.low);
  }

  private selectRange(to: number): void {
    const from = this.from;
    this.from = undefined;
    if (from === undefined) return;
    const span = this.high - this.low;
    if (Math.abs(to - from) > span / 100) {
      this.show(Math.min(from, to), Math.max(from, to));
      return;
    }
    const peaks = this.spectrum.explained;
    const mzs = { mz: peaks.map((peak) => peak.mz), intensity: [] };
    const found = nearest(mzs, to, span / 80);
    const peak = found === undefined ? undefined : peaks[found];
    if (peak) this.chosen(peak.ion);
  }

  private key(event: KeyboardEvent): void {
    const span = this.high - this.low;
    const middle = (this.high + this.low) / 2;
    const ranges: Record<string, [number, number]> = {
      "+": [middle - span / 4, middle + span / 4],
      "-": [middle - span, middle + span],
      ArrowLeft: [this.low - span / 5, this.high - span / 5],
      ArrowRight: [this.low + span / 5, this.high + span / 5],
      "0": this.whole(),
    };
    const range = ranges[event.key];
    if (!range) return;
    event.preventDefault();
    this.show(...range);
  }

  private draw(): void {
    const { low, high, spectrum } = this;
    const seen = highest(spectrum, low, high, WIDTH - LEFT);
    const top = Math.max(1e-30, ...seen.map((i) => spectrum.intensity[i] ?? 0));
    const x = (mz: number) => LEFT + ((mz - low) / (high - low)) * (WIDTH - LEFT);
    const y = (intensity: number) => HEIGHT - BOTTOM - (intensity / top) * (HEIGHT - BOTTOM - TOP);
    const floor = HEIGHT - BOTTOM;
    const path = seen
      .map(
        (i) =>
          `M${x(spectrum.mz[i] ?? 0).toFixed(1)} ${floor}V${y(spectrum.intensity[i] ?? 0).toFixed(1)}`,
      )
      .join("");
    const parts = [svgElement("path", { d: path, class: "peaks" })];
    for (const mz of ticks(low, high, 5)) {
      parts.push(svgElement("path", { d: `M${x(mz)} ${floor}v5`, class: "axis" }));
      parts.push(
        svgElement(
          "text",
          { x: Math.min(x(mz), WIDTH - 14), y: HEIGHT - 8, "text-anchor": "middle" },
          String(mz),
        ),
      );
    }
    for (const value of ticks(0, top, 3)) {
      parts.push(
        svgElement("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, amount(value)),
      );
    }
    parts.push(svgElement("path", { d: `M${LEFT} ${floor}H${WIDTH}`, class: "axis" }));
    parts.push(svgElement("text", { x: WIDTH - 4, y: 12, "text-anchor": "end" }, "m/z →"));
    parts.push(...this.explained(x, y, floor));
    this.element.replaceChildren(...parts);
  }

  private explained(
    x: (mz: number) => number,
    y: (intensity: number) => number,
    floor: number,
  ): SVGElement[] {
    const peaks = this.spectrum.explained.filter(({ mz }) => mz >= this.low && mz <= this.high);
    const strongest = [...peaks].sort((a, b) => b.intensity - a.intensity);
    const taken: number[] = [];
    const labelled = new Set(
      strongest.filter(({ mz, isotope }) => {
        const isFree = isotope === 0 && taken.every((other) => Math.abs(other - x(mz)) > 92);
        if (isFree && taken.length < 6) taken.push(x(mz));
        return isFree && taken.length <= 6;
      }),
    );
    return peaks.flatMap((peak) => {
      const [left, top] = [x(peak.mz), y(peak.intensity)];
      const line = svgElement("path", {
        d: `M${left.toFixed(1)} ${floor}V${top.toFixed(1)}`,
        class: "explained",
      });
      const title = `${peak.ion}, isotope ${peak.isotope}: m/z ${peak.mz.toFixed(4)}, ${peak.errorPpm.toFixed(2)} ppm`;
      line.append(svgElement("title", {}, title));
      const middle = Math.min(WIDTH - 60, Math.max(LEFT + 50, left));
      const label = svgElement(
        "text",
        { x: middle, y: Math.max(12, top - 5), "text-anchor": "middle", class: "label" },
        peak.ion,
      );
      return labelled.has(peak) ? [line, label] : [line];
    });
  }
}

// A spectrum as a picture, as wide as its place: peaks, those that are explained, and the window of m/z.

import { amount } from "../format.ts";
import { svgElement } from "../svg.ts";
import { firstFrom } from "./peaks.ts";
import { ticks } from "./ticks.ts";

/** A peak that is drawn. */
export interface DrawnPeak {
  mz: number;
  intensity: number;
  /** The ion that explains it, and which of its isotopes. */
  ion?: string | undefined;
  isotope?: number | undefined;
  /** What people call that ion. */
  name?: string | undefined;
}

/** A window of m/z. */
export interface MzWindow {
  mz: number;
  ppm: number;
}

export interface PlotActions {
  /** Another range is wanted. */
  ranged(low: number, high: number): void;
  /** The whole range is wanted. */
  whole(): void;
  /** A place was clicked: on a peak, or on none. */
  clicked(mz: number, peak: DrawnPeak | undefined): void;
  /** The window was made wider or narrower. */
  widened(ppm: number): void;
}

const LEFT = 56;
const RIGHT = 10;
const TOP = 20;
const BOTTOM = 22;

/** How near to a peak, or to an edge of the window, a pointer must be, in points. */
const NEAR = 5;

/** Room that the name of a peak takes, and names at most. */
const NAME_WIDTH = 96;
const MAX_NAMES = 12;

/** Narrowest range, in Th. */
const MIN_RANGE = 0.002;

export class SpectrumPlot {
  readonly element = svgElement("svg", {
    class: "spectrum",
    role: "application",
    tabindex: 0,
  }) as SVGSVGElement;
  private peaks: DrawnPeak[] = [];
  private low = 0;
  private high = 1;
  private window: MzWindow | undefined;
  private width = 640;
  private height = 130;
  /** Where the pointer was pressed, and whether on an edge of the window. */
  private press: { x: number; isEdge: boolean; hasMoved: boolean } | undefined;
  private selection: [number, number] | undefined;

  constructor(private readonly actions: PlotActions) {
    const { element } = this;
    new ResizeObserver(() => this.resize()).observe(element);
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.up(event));
    element.addEventListener("dblclick", () => actions.whole());
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("keydown", (event) => this.key(event));
  }

  /** Points across that peaks are drawn in. */
  get columns(): number {
    return Math.max(100, Math.round(this.width - LEFT - RIGHT));
  }

  /** Shows peaks of a range of m/z, ascending. */
  show(peaks: DrawnPeak[], low: number, high: number, label: string): void {
    [this.peaks, this.low, this.high] = [peaks, low, high];
    this.element.setAttribute(
      "aria-label",
      `${label}, m/z ${low.toFixed(2)} to ${high.toFixed(2)}. Plus and minus zoom, arrows move, 0 shows all, N and P go to the next and the previous peak.`,
    );
    this.draw();
  }

  /** Shows the window whose image is shown; none for that of no window. */
  mark(window: MzWindow | undefined): void {
    this.window = window;
    this.draw();
  }

  private resize(): void {
    const box = this.element.getBoundingClientRect();
    if (!box.width || (box.width === this.width && box.height === this.height)) return;
    [this.width, this.height] = [box.width, box.height];
    this.draw();
    this.actions.ranged(this.low, this.high);
  }

  private x(mz: number): number {
    const inner = this.width - LEFT - RIGHT;
    return LEFT + ((mz - this.low) / (this.high - this.low || 1)) * inner;
  }

  private mzAt(x: number): number {
    const inner = this.width - LEFT - RIGHT;
    return this.low + ((x - LEFT) / inner) * (this.high - this.low);
  }

  private edges(): [number, number] | undefined {
    if (!this.window) return undefined;
    const half = this.window.mz * this.window.ppm * 1e-6;
    return [this.x(this.window.mz - half), this.x(this.window.mz + half)];
  }

  /** Whether a place is on an edge of a window that is wide enough to be seen as one. */
  private isEdge(x: number): boolean {
    const edges = this.edges();
    if (!edges || edges[1] - edges[0] < 2 * NEAR) return false;
    return edges.some((edge) => Math.abs(edge - x) <= NEAR);
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.press = { x: event.offsetX, isEdge: this.isEdge(event.offsetX), hasMoved: false };
  }

  private move(event: PointerEvent): void {
    const { press } = this;
    this.element.classList.toggle("edge", this.isEdge(event.offsetX));
    if (!press) return;
    press.hasMoved ||= Math.abs(event.offsetX - press.x) > NEAR;
    if (press.isEdge && this.window) {
      const distance = Math.abs(this.mzAt(event.offsetX) - this.window.mz);
      this.window.ppm = Math.max(0.1, (distance / this.window.mz) * 1e6);
    } else if (press.hasMoved && event.shiftKey) {
      const by = this.mzAt(press.x) - this.mzAt(event.offsetX);
      press.x = event.offsetX;
      this.actions.ranged(this.low + by, this.high + by);
    } else if (press.hasMoved) this.selection = [press.x, event.offsetX];
    this.draw();
  }

  private up(event: PointerEvent): void {
    const { press, selection } = this;
    [this.press, this.selection] = [undefined, undefined];
    if (!press) return;
    if (press.isEdge && this.window) this.actions.widened(this.window.ppm);
    else if (selection) {
      const [from, to] = selection.map((x) => this.mzAt(x)).sort((a, b) => a - b);
      if (from !== undefined && to !== undefined && to - from > MIN_RANGE) {
        this.actions.ranged(from, to);
      }
    } else if (!press.hasMoved) this.click(event.offsetX);
    this.draw();
  }

  private click(x: number): void {
    const near = this.peaks.filter((peak) => Math.abs(this.x(peak.mz) - x) <= NEAR);
    const peak = near.sort((a, b) => b.intensity - a.intensity)[0];
    this.actions.clicked(peak ? peak.mz : this.mzAt(x), peak);
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const span = this.high - this.low;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = (event.deltaX / this.width) * span;
      this.actions.ranged(this.low + by, this.high + by);
      return;
    }
    const factor = Math.exp(event.deltaY * (event.deltaMode ? 0.05 : 0.0015));
    if (span * factor < MIN_RANGE) return;
    const at = this.mzAt(event.offsetX);
    this.actions.ranged(at - (at - this.low) * factor, at + (this.high - at) * factor);
  }

  private key(event: KeyboardEvent): void {
    const span = this.high - this.low;
    const middle = (this.high + this.low) / 2;
    const ranges: Record<string, [number, number]> = {
      "+": [middle - span / 4, middle + span / 4],
      "=": [middle - span / 4, middle + span / 4],
      "-": [middle - span, middle + span],
      ArrowLeft: [this.low - span / 5, this.high - span / 5],
      ArrowRight: [this.low + span / 5, this.high + span / 5],
    };
    const range = ranges[event.key];
    if (range && range[1] - range[0] > MIN_RANGE) this.actions.ranged(...range);
    else if (event.key === "0") this.actions.whole();
    else if (event.key === "n") this.step(1);
    else if (event.key === "p") this.step(-1);
    else return;
    event.preventDefault();
  }

  /** Goes to the next peak, or the previous one, of those that stand out. */
  private step(by: 1 | -1): void {
    const top = this.highest();
    const tall = this.peaks.filter((peak) => peak.intensity > top / 50);
    const from = this.window?.mz ?? (by > 0 ? this.low : this.high);
    const next =
      by > 0
        ? tall.find((peak) => peak.mz > from * (1 + 1e-6))
        : tall.filter((peak) => peak.mz < from * (1 - 1e-6)).at(-1);
    if (next) this.actions.clicked(next.mz, next);
  }

  private highest(): number {
    return this.peaks.reduce((most, peak) => Math.max(most, peak.intensity), 1e-30);
  }

  private draw(): void {
    const { width, height } = this;
    this.element.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const floor = height - BOTTOM;
    const top = this.highest();
    const y = (intensity: number) => floor - (intensity / top) * (floor - TOP);
    const stick = ({ mz, intensity }: DrawnPeak) =>
      `M${this.x(mz).toFixed(1)} ${floor}V${y(intensity).toFixed(1)}`;
    const seen = this.peaks.filter((peak) => peak.mz >= this.low && peak.mz <= this.high);
    const isExplained = (peak: DrawnPeak) => peak.ion !== undefined;
    const path = (peaks: DrawnPeak[], name: string) =>
      svgElement("path", { d: peaks.map(stick).join(""), class: name });
    this.element.replaceChildren(
      ...this.shades(floor),
      ...this.axes(floor, top, y),
      path(
        seen.filter((peak) => !isExplained(peak)),
        "peaks",
      ),
      path(seen.filter(isExplained), "explained"),
      ...this.names(seen.filter(isExplained), y),
    );
  }

  /** The window of m/z, and a range that is being chosen. */
  private shades(floor: number): SVGElement[] {
    const shade = ([from, to]: [number, number], name: string) => {
      const [left, right] = [Math.max(LEFT, Math.min(from, to)), Math.max(from, to)];
      const width = Math.max(2, Math.min(right, this.width - RIGHT) - left);
      return svgElement("rect", {
        x: left,
        y: TOP - 6,
        width,
        height: floor - TOP + 6,
        class: name,
      });
    };
    const edges = this.edges();
    const isSeen = edges && edges[1] >= LEFT && edges[0] <= this.width - RIGHT;
    return [
      ...(isSeen ? [shade(edges, "window")] : []),
      ...(this.selection ? [shade(this.selection, "selection")] : []),
    ];
  }

  private axes(floor: number, top: number, y: (intensity: number) => number): SVGElement[] {
    const right = this.width - RIGHT;
    const text = (x: number, at: number, anchor: string, words: string) =>
      svgElement("text", { x, y: at, "text-anchor": anchor }, words);
    const parts = [svgElement("path", { d: `M${LEFT} ${floor}H${right}`, class: "axis" })];
    const step = ticks(this.low, this.high, Math.max(2, Math.floor(this.width / 120)));
    for (const mz of step) {
      const x = this.x(mz);
      parts.push(svgElement("path", { d: `M${x} ${floor}v4`, class: "axis" }));
      if (x < right - 40) parts.push(text(x, this.height - 6, "middle", String(mz)));
    }
    for (const value of ticks(0, top, 2)) {
      parts.push(text(LEFT - 6, y(value) + 4, "end", amount(value)));
    }
    parts.push(text(right, this.height - 6, "end", "m/z"));
    return parts;
  }

  /** Names of the tallest first isotopes that do not run into each other. */
  private names(explained: DrawnPeak[], y: (intensity: number) => number): SVGElement[] {
    const taken: number[] = [];
    const tallest = explained
      .filter((peak) => !peak.isotope)
      .sort((a, b) => b.intensity - a.intensity);
    const names: SVGElement[] = [];
    for (const { mz, intensity, name, ion } of tallest) {
      const x = this.x(mz);
      if (names.length >= MAX_NAMES) break;
      // At the ends a name is moved inwards: where it stands counts, not where its peak is.
      const half = NAME_WIDTH / 2;
      const at = Math.min(this.width - RIGHT - half, Math.max(LEFT + half, x));
      if (taken.some((other) => Math.abs(other - at) < NAME_WIDTH)) continue;
      taken.push(at);
      const top = Math.max(12, y(intensity) - 4);
      const words = shortened(name || ion || "");
      names.push(
        svgElement("text", { x: at, y: top, "text-anchor": "middle", class: "label" }, words),
      );
    }
    return names;
  }
}

/** A name that fits into its room. */
function shortened(name: string): string {
  return name.length > 15 ? `${name.slice(0, 14)}…` : name;
}

/** Peaks of a range, of a whole spectrum that is known: the highest of each column. */
export function peaksWithin(
  peaks: DrawnPeak[],
  low: number,
  high: number,
  columns: number,
): DrawnPeak[] {
  const mzs = peaks.map((peak) => peak.mz);
  const best = new Map<number, DrawnPeak>();
  for (let i = firstFrom(mzs, low); i < peaks.length; i++) {
    const peak = peaks[i];
    if (!peak || peak.mz > high) break;
    const column = Math.floor(((peak.mz - low) / (high - low || 1)) * columns);
    const held = best.get(column);
    if (!held || peak.intensity > held.intensity) best.set(column, peak);
  }
  return [...best.values()].sort((a, b) => a.mz - b.mz);
}

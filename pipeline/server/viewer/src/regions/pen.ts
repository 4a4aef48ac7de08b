// Draws regions: polygons by their corners, rectangles by dragging, and any shape with a brush.

import type { State } from "../state.ts";
import {
  type Corner,
  type Region,
  type Ring,
  freeColor,
  freeName,
  outlinesOf,
  pixelsOf,
  rectangle,
} from "./region.ts";

/** What clicks and drags do: move and pick, draw a region, or align the optical image. */
export type Tool = "pan" | "region" | "rectangle" | "brush" | "align" | "points";

/** How near to the first corner a click closes a polygon, in points of the screen. */
const CLOSE_DISTANCE = 10;

export class RegionPen {
  tool: Tool = "pan";
  /** Radius of the brush in pixels. */
  radius = 1.5;
  /** Corners of a polygon that is not closed, or the two of a rectangle. */
  private corners: Corner[] = [];
  private pointer: Corner | undefined;
  /** Pixels that the brush touched, by `y × width + x`. */
  private painted: Set<number> | undefined;

  /** `drawn` is told of a region that was added, or changed with the brush. */
  constructor(
    private readonly state: State,
    private readonly drawn: (region: Region) => void,
  ) {}

  use(tool: Tool): void {
    this.tool = tool;
    this.cancel();
    // A brush begins a region of its own when it is taken up.
    if (tool === "brush") this.state.region = undefined;
  }

  /** Forgets what is not finished. */
  cancel(): void {
    this.corners = [];
    this.painted = undefined;
    this.pointer = undefined;
  }

  get isDrawing(): boolean {
    return this.corners.length > 0 || this.painted !== undefined;
  }

  /** Whether the outline is that of a shape, and no row of corners. */
  get isClosed(): boolean {
    return this.tool !== "region";
  }

  /** The rings of what is being drawn. */
  outline(): Ring[] {
    if (this.painted) return outlinesOf(this.painted, this.width());
    const [first] = this.corners;
    if (this.tool === "rectangle") {
      return first && this.pointer ? [rectangle(first, this.pointer)] : [];
    }
    if (!first) return [];
    return [this.pointer ? [...this.corners, this.pointer] : this.corners];
  }

  hover(x: number, y: number): void {
    this.pointer = [x, y];
  }

  press(x: number, y: number): void {
    if (this.tool === "rectangle") this.corners = [[x, y]];
    if (this.tool === "brush") this.dab(x, y);
  }

  /** Whether dragging draws, rather than moves the image. */
  drag(x: number, y: number): boolean {
    if (this.tool === "brush") this.dab(x, y);
    this.pointer = [x, y];
    return this.tool === "brush" || this.tool === "rectangle";
  }

  release(): void {
    const [first] = this.corners;
    if (this.tool === "rectangle" && first && this.pointer) {
      const ring = rectangle(first, this.pointer);
      this.cancel();
      this.add([ring]);
    } else if (this.painted) this.finishStroke(this.painted);
  }

  /** What Enter does at a pixel. */
  mark(x: number, y: number, zoom: number): void {
    const middle: Corner = [x + 0.5, y + 0.5];
    if (this.tool === "region") this.corner(...middle, zoom);
    else if (this.tool === "brush") {
      this.dab(...middle);
      this.release();
    } else if (this.corners.length) {
      this.pointer = [x + 1, y + 1];
      this.release();
    } else this.corners = [[x, y]];
  }

  /** Adds a corner, or closes the polygon where it comes back to its first. */
  corner(x: number, y: number, zoom: number): void {
    const first = this.corners[0];
    if (first && this.corners.length > 2) {
      if (Math.hypot(x - first[0], y - first[1]) * zoom < CLOSE_DISTANCE) {
        this.close();
        return;
      }
    }
    this.corners.push([x, y]);
  }

  /** Takes the last corner back. */
  back(): void {
    this.corners.pop();
  }

  /** Closes the polygon. */
  close(): void {
    if (this.tool !== "region" || this.corners.length < 3) return;
    const ring = this.corners;
    this.cancel();
    this.add([ring]);
  }

  private width(): number {
    return this.state.dataset?.width ?? 1;
  }

  /** Paints the pixels around a point. */
  private dab(x: number, y: number): void {
    const { width, height } = this.state.dataset ?? { width: 1, height: 1 };
    this.painted ??= new Set();
    const { radius } = this;
    for (let row = Math.floor(y - radius); row <= y + radius; row++) {
      for (let column = Math.floor(x - radius); column <= x + radius; column++) {
        const isNear = Math.hypot(column + 0.5 - x, row + 0.5 - y) <= radius;
        const isHere = column === Math.floor(x) && row === Math.floor(y);
        const isInside = column >= 0 && row >= 0 && column < width && row < height;
        if (isInside && (isNear || isHere)) this.painted.add(row * width + column);
      }
    }
  }

  /** What was painted joins the region that is selected, or becomes one. */
  private finishStroke(painted: Set<number>): void {
    const { region, dataset } = this.state;
    this.cancel();
    if (!region || !dataset) {
      this.add(outlinesOf(painted, this.width()));
      return;
    }
    for (const [x, y] of pixelsOf(region.rings, dataset.width, dataset.height)) {
      painted.add(y * dataset.width + x);
    }
    region.rings = outlinesOf(painted, dataset.width);
    this.drawn(region);
  }

  private add(rings: Ring[]): void {
    const { regions } = this.state;
    const region = { name: freeName(regions), color: freeColor(regions), rings };
    regions.push(region);
    this.drawn(region);
  }
}

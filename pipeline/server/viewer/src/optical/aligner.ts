// Aligns the optical image with the ion images: by dragging it or its corners, by pairs of points, or
// with keys.

import type { State } from "../state.ts";
import { type Viewport, toScreen } from "../image/viewport.ts";
import {
  type Pair,
  type Placement,
  type Point,
  corners,
  inverse,
  moved,
  ofPairs,
  turned,
} from "./placement.ts";

/** How clicks and drags align: by dragging, or by pairs of points. */
export type AlignTool = "align" | "points";

/** How near to a corner a press takes it, in points of the screen. */
const REACH = 14;

/** Pairs that say all. */
const MAX_PAIRS = 3;

const TURN = Math.PI / 180;
const GROW = 1.01;

const COLOR = "#40c4ff";

export class Aligner {
  private tool: AlignTool | undefined;
  /** The corner that is dragged, the whole picture, or nothing of it. */
  private held: number | "picture" | undefined;
  private pointer: Point = [0, 0];
  private pairs: Pair[] = [];
  /** A point of the picture whose place in the ion images is not said yet. */
  private open: Point | undefined;

  /** `placed` is told where the picture lies now. */
  constructor(
    private readonly state: State,
    private readonly placed: (placement: Placement) => void,
  ) {}

  /** Takes up a tool of its own, or none. */
  use(tool: string): void {
    this.tool = tool === "align" || tool === "points" ? tool : undefined;
    this.held = undefined;
    this.open = undefined;
    this.pairs = [];
  }

  /** Whether clicks and drags are its own. */
  get isActive(): boolean {
    return this.tool !== undefined && this.state.optical !== undefined;
  }

  /** What to do next, in words. */
  get advice(): string {
    if (this.tool === "align") {
      return "Drag the picture to move it, a corner to turn and scale it. Keys: arrows, [ ] and < >.";
    }
    if (this.tool !== "points") return "";
    const number = Math.min(this.pairs.length + 1, MAX_PAIRS);
    return this.open
      ? `Point ${number} of ${MAX_PAIRS}: now click the same place in the ion image.`
      : `Point ${number} of ${MAX_PAIRS}: click a place that you know in the optical image.`;
  }

  press(at: Point, view: Viewport): void {
    this.pointer = at;
    const { optical } = this.state;
    if (this.tool !== "align" || !optical) return;
    const [x, y] = toScreen(view, ...at);
    const distances = this.corners().map((corner) => {
      const [left, top] = toScreen(view, ...corner);
      return Math.hypot(left - x, top - y);
    });
    const nearest = distances.indexOf(Math.min(...distances));
    if ((distances[nearest] ?? Infinity) <= REACH) this.held = nearest;
    else this.held = this.isOver(at) ? "picture" : undefined;
  }

  /** Whether dragging moves the picture, rather than all that is seen. */
  drag(to: Point): boolean {
    const { optical } = this.state;
    if (this.held === undefined || !optical) return false;
    if (this.held === "picture") {
      const [x, y] = this.pointer;
      this.placed(moved(optical.placement, to[0] - x, to[1] - y));
    } else {
      const all = this.corners();
      const [from, center] = [all[this.held], all[(this.held + 2) % all.length]];
      if (from && center) {
        this.placed(turned(optical.placement, center, from, to, this.stretch()));
      }
    }
    this.pointer = to;
    return true;
  }

  release(): void {
    this.held = undefined;
  }

  click(at: Point): void {
    const { optical } = this.state;
    if (this.tool !== "points" || !optical) return;
    if (!this.open) {
      if (this.pairs.length === MAX_PAIRS) this.pairs = [];
      this.open = inverse(optical.placement, at);
      return;
    }
    const pairs = [...this.pairs, { optical: this.open, ion: at }];
    this.open = undefined;
    const placement = ofPairs(optical.placement, pairs, this.stretch());
    if (!placement) return;
    this.pairs = pairs;
    this.placed(placement);
  }

  /** Whether a key moves the picture. */
  key(event: KeyboardEvent, arrow: Point | undefined): boolean {
    const { optical } = this.state;
    if (this.tool !== "align" || !optical) return false;
    const { placement } = optical;
    if (arrow) {
      const distance = event.shiftKey ? 10 : 1;
      this.placed(moved(placement, arrow[0] * distance, arrow[1] * distance));
      return true;
    }
    const all = this.corners();
    const [first, third] = [all[0], all[2]];
    const turn = { "[": -TURN, "]": TURN }[event.key] ?? 0;
    const grow = { "<": 1 / GROW, ">": GROW }[event.key] ?? 1;
    if (!first || !third || (!turn && grow === 1)) return false;
    const center: Point = [(first[0] + third[0]) / 2, (first[1] + third[1]) / 2];
    const stretch = this.stretch();
    const [x, y] = [first[0] - center[0], (first[1] - center[1]) * stretch];
    const [cos, sin] = [Math.cos(turn) * grow, Math.sin(turn) * grow];
    const to: Point = [center[0] + cos * x - sin * y, center[1] + (sin * x + cos * y) / stretch];
    this.placed(turned(placement, center, first, to, stretch));
    return true;
  }

  /** Draws what can be taken hold of, and the points that were clicked. */
  draw(context: CanvasRenderingContext2D, view: Viewport): void {
    if (!this.isActive) return;
    const all = this.corners().map((corner) => toScreen(view, ...corner));
    context.beginPath();
    all.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    context.lineWidth = 1.5;
    context.strokeStyle = COLOR;
    context.stroke();
    if (this.tool === "align") for (const [x, y] of all) mark(context, x, y, "");
    const { optical } = this.state;
    this.pairs.forEach(({ ion }, i) => mark(context, ...toScreen(view, ...ion), String(i + 1)));
    if (!this.open || !optical) return;
    const [a, b, c, d, e, f] = optical.placement;
    const [u, v] = this.open;
    const at = toScreen(view, a * u + c * v + e, b * u + d * v + f);
    mark(context, ...at, String(this.pairs.length + 1));
  }

  private corners(): Point[] {
    const { optical } = this.state;
    return optical ? corners(optical.placement, optical.width, optical.height) : [];
  }

  private isOver(at: Point): boolean {
    const { optical } = this.state;
    if (!optical) return false;
    const [u, v] = inverse(optical.placement, at);
    return u >= 0 && v >= 0 && u < optical.width && v < optical.height;
  }

  private stretch(): number {
    const [wide, high] = this.state.dataset?.pixelSizeUm ?? [];
    return wide && high ? high / wide : 1;
  }
}

/** A square to be taken hold of, or with a number. */
function mark(context: CanvasRenderingContext2D, x: number, y: number, text: string): void {
  context.fillStyle = COLOR;
  context.strokeStyle = "#000000";
  context.lineWidth = 1;
  context.fillRect(x - 5, y - 5, 10, 10);
  context.strokeRect(x - 5, y - 5, 10, 10);
  if (!text) return;
  context.font = "600 12px system-ui, sans-serif";
  context.fillText(text, x + 9, y + 4);
}

// The canvas of the ion image: shows it, moves it, and lets the user pick pixels and draw regions.

import { byId } from "../dom.ts";
import type { State } from "../state.ts";
import { type Layer, drawLayers } from "./layers.ts";
import { drawFrame, drawOpenRegion, drawRegion, drawScaleBar } from "./overlay.ts";
import { Pointer } from "./pointer.ts";
import { type Corner, pixelsOf } from "./region.ts";
import { type Size, type Viewport, fit, moved, toImage, zoomAt } from "./viewport.ts";

/** Column and row of a pixel. */
export type Place = [number, number];

/** What a click does: moves and picks, or sets corners of a region. */
export type Tool = "pan" | "region";

export interface CanvasActions {
  /** The pointer or the cursor is at a pixel, or at none. */
  hovered(place: Place | undefined): void;
  picked(x: number, y: number): void;
  /** A region was added to the state. */
  regionClosed(): void;
}

/** How near to the first corner a click closes a region, in points of the screen. */
const CLOSE_DISTANCE = 10;

/** Longer side of a picture that is saved, at most, unless the image itself is longer. */
const SAVED_SIDE = 1200;

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class ImageCanvas {
  tool: Tool = "pan";
  private readonly canvas = byId<HTMLCanvasElement>("canvas");
  private view: Viewport = { zoom: 1, left: 0, top: 0 };
  private isFitted = true;
  private layers: Layer[] = [];
  /** Corners of a region that is not closed. */
  private corners: Corner[] = [];
  private pointer: Corner | undefined;
  /** The pixel that the arrow keys reached. */
  private cursor: Place | undefined;
  /** The pixel whose spectrum is shown. */
  private picked: Place | undefined;
  private isPaintScheduled = false;

  constructor(
    private readonly state: State,
    private readonly actions: CanvasActions,
  ) {
    new ResizeObserver(() => this.resize()).observe(byId("screen"));
    new Pointer(this.canvas, {
      moved: (x, y, isPressed) => this.pointAt(x, y, isPressed),
      left: () => this.actions.hovered(undefined),
      dragged: (dx, dy) => this.drag(dx, dy),
      zoomed: (factor, x, y) => this.zoom(factor, x, y),
      clicked: (x, y) => this.click(x, y),
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    byId("nearer").addEventListener("click", () => this.zoom(1.5));
    byId("farther").addEventListener("click", () => this.zoom(1 / 1.5));
    byId("whole").addEventListener("click", () => this.fitWhole());
  }

  /** Starts anew with another dataset. */
  reset(): void {
    this.layers = [];
    this.corners = [];
    this.picked = undefined;
    this.cursor = undefined;
    this.fitWhole();
  }

  show(layers: Layer[]): void {
    this.layers = layers;
    this.paint();
  }

  /** Frames the pixel whose spectrum is shown. */
  pick(place: Place): void {
    this.picked = place;
    this.paint();
  }

  /** Forgets the corners of a region that is not closed. */
  cancelRegion(): void {
    this.corners = [];
    this.pointer = undefined;
    this.paint();
  }

  /** What is shown as a picture of its own, each pixel a square. */
  async picture(): Promise<Blob> {
    const { width, height } = this.image();
    const zoom = Math.max(1, Math.floor(SAVED_SIDE / Math.max(width, height)));
    const canvas = document.createElement("canvas");
    canvas.width = width * zoom;
    canvas.height = height * zoom;
    const context = canvas.getContext("2d");
    if (context) drawLayers(context, this.layers, this.image(), { zoom, left: 0, top: 0 });
    return new Promise((resolve, reject) =>
      canvas.toBlob((blob) =>
        blob ? resolve(blob) : reject(new Error("the picture is too large")),
      ),
    );
  }

  private image(): Size {
    return this.state.dataset ?? { width: 1, height: 1 };
  }

  private screen(): Size {
    const screen = byId("screen");
    return { width: screen.clientWidth, height: screen.clientHeight };
  }

  private resize(): void {
    const screen = this.screen();
    const density = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(screen.width * density));
    this.canvas.height = Math.max(1, Math.round(screen.height * density));
    if (this.isFitted) this.view = fit(this.image(), screen);
    this.paint();
  }

  private fitWhole(): void {
    this.isFitted = true;
    this.view = fit(this.image(), this.screen());
    this.paint();
  }

  private zoom(factor: number, x = this.screen().width / 2, y = this.screen().height / 2): void {
    this.isFitted = false;
    this.view = zoomAt(this.view, factor, x, y, this.image(), this.screen());
    this.paint();
  }

  private drag(dx: number, dy: number): void {
    this.isFitted = false;
    this.view = moved(this.view, dx, dy, this.image(), this.screen());
    this.paint();
  }

  private pointAt(left: number, top: number, isPressed: boolean): void {
    const [x, y] = toImage(this.view, left, top);
    this.pointer = [x, y];
    this.actions.hovered(this.pixelAt(x, y));
    if (this.corners.length || isPressed) this.paint();
  }

  private click(left: number, top: number): void {
    const [x, y] = toImage(this.view, left, top);
    const pixel = this.pixelAt(x, y);
    if (this.tool === "region") this.addCorner(x, y);
    else if (pixel) this.actions.picked(...pixel);
  }

  /** The pixel at a point of the image; none beside it. */
  private pixelAt(x: number, y: number): Place | undefined {
    const place: Place = [Math.floor(x), Math.floor(y)];
    const { width, height } = this.image();
    const isInside = place[0] >= 0 && place[1] >= 0 && place[0] < width && place[1] < height;
    return isInside ? place : undefined;
  }

  /** Adds a corner, or closes the region where it comes back to its first. */
  private addCorner(x: number, y: number): void {
    const first = this.corners[0];
    if (first && this.corners.length > 2) {
      const distance = Math.hypot(x - first[0], y - first[1]) * this.view.zoom;
      if (distance < CLOSE_DISTANCE) {
        this.closeRegion();
        return;
      }
    }
    this.corners.push([x, y]);
    this.paint();
  }

  private closeRegion(): void {
    if (this.corners.length < 3) return;
    const { regions } = this.state;
    const { width, height } = this.image();
    const corners = this.corners;
    const pixels = pixelsOf(corners, width, height);
    this.cancelRegion();
    regions.push({ name: `region ${regions.length + 1}`, corners, pixels });
    this.actions.regionClosed();
  }

  private key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (arrow) this.moveCursor(arrow, event.shiftKey ? 10 : 1);
    else if (event.key === "Enter" || event.key === " ") {
      if (!this.cursor) return;
      const [x, y] = this.cursor;
      if (this.tool === "region") this.addCorner(x + 0.5, y + 0.5);
      else this.actions.picked(x, y);
    } else if (event.key === "+" || event.key === "=") this.zoom(1.25);
    else if (event.key === "-") this.zoom(0.8);
    else if (event.key === "0") this.fitWhole();
    else if (event.key === "Escape") this.cancelRegion();
    else if (event.key === "Backspace") this.corners.pop();
    else if (event.key === "c") this.closeRegion();
    else return;
    event.preventDefault();
    this.paint();
  }

  private moveCursor([dx, dy]: [number, number], distance: number): void {
    const { width, height } = this.image();
    const [x, y] = this.cursor ?? [Math.floor(width / 2), Math.floor(height / 2)];
    const within = (at: number, side: number) => Math.min(side - 1, Math.max(0, at));
    this.cursor = [within(x + dx * distance, width), within(y + dy * distance, height)];
    this.actions.hovered(this.cursor);
  }

  /** Draws before the next frame, once for all that has changed until then. */
  private paint(): void {
    if (this.isPaintScheduled) return;
    this.isPaintScheduled = true;
    requestAnimationFrame(() => {
      this.isPaintScheduled = false;
      this.draw();
    });
  }

  private draw(): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const density = window.devicePixelRatio || 1;
    const screen = this.screen();
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, screen.width, screen.height);
    drawLayers(context, this.layers, this.image(), this.view);
    for (const { corners } of this.state.regions) drawRegion(context, this.view, corners);
    drawOpenRegion(context, this.view, this.corners, this.pointer);
    if (this.picked) drawFrame(context, this.view, this.picked, "#ff5252");
    const hasFocus = document.activeElement === this.canvas;
    if (this.cursor && hasFocus) drawFrame(context, this.view, this.cursor, "#40c4ff");
    const pixelUm = this.state.dataset?.pixelSizeUm?.[0];
    if (pixelUm && this.layers.length) drawScaleBar(context, this.view, screen, pixelUm);
  }
}

// The canvas of the image: shows it, moves it, and lets the user pick pixels and draw regions.

import { byId } from "../dom.ts";
import { Aligner } from "../optical/aligner.ts";
import type { Placement } from "../optical/placement.ts";
import { RegionPen, type Tool } from "../regions/pen.ts";
import type { Region } from "../regions/region.ts";
import type { State } from "../state.ts";
import { type Layer, drawStack } from "./layers.ts";
import { drawFrame, drawOpenRegion, drawRegion, drawScaleBar, drawTissue } from "./overlay.ts";
import { pictureOf } from "./picture.ts";
import { Pointer } from "./pointer.ts";
import {
  type ImageSize,
  type Size,
  type Viewport,
  fit,
  imageSize,
  moved,
  toImage,
  toScreen,
  zoomAt,
} from "./viewport.ts";

/** Column and row of a pixel. */
export type Place = [number, number];

export interface CanvasActions {
  /** The pointer or the cursor is at a pixel, or at none. */
  hovered(place: Place | undefined): void;
  picked(x: number, y: number): void;
  /** How the image is shown was chosen anew. */
  optionChanged(): void;
  /** A region was added to the state, or one of them changed. */
  regionDrawn(region: Region): void;
  /** The optical image was moved. */
  aligned(placement: Placement): void;
  /** What is to be done next to align it has changed. */
  advised(advice: string): void;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class ImageCanvas {
  private readonly canvas = byId<HTMLCanvasElement>("canvas");
  private readonly pen: RegionPen;
  private readonly aligner: Aligner;
  private view: Viewport = { zoom: 1, stretch: 1, left: 0, top: 0 };
  private isFitted = true;
  private layers: Layer[] = [];
  /** The pixel that the arrow keys reached. */
  private cursor: Place | undefined;
  private isPaintScheduled = false;

  constructor(
    private readonly state: State,
    private readonly actions: CanvasActions,
  ) {
    this.pen = new RegionPen(state, (region) => this.actions.regionDrawn(region));
    this.aligner = new Aligner(state, (placement) => this.actions.aligned(placement));
    new ResizeObserver(() => this.resize()).observe(byId("screen"));
    new Pointer(this.canvas, {
      pressed: (x, y) => this.press(x, y),
      moved: (x, y, isPressed) => this.pointAt(x, y, isPressed),
      left: () => this.actions.hovered(undefined),
      dragged: (dx, dy, x, y) => this.drag(dx, dy, x, y),
      zoomed: (factor, x, y) => this.zoom(factor, x, y),
      clicked: (x, y) => this.click(x, y),
      released: () => this.release(),
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    byId("nearer").addEventListener("click", () => this.zoom(1.5));
    byId("farther").addEventListener("click", () => this.zoom(1 / 1.5));
    byId("whole").addEventListener("click", () => this.fitWhole());
    byId("outline").addEventListener("click", () => {
      const { choices } = this.state;
      choices.outline = choices.outline === "on" ? "off" : "on";
      this.offerOutline();
      this.actions.optionChanged();
      this.paint();
    });
  }

  /** Starts anew with another dataset. */
  reset(): void {
    this.layers = [];
    this.pen.cancel();
    this.cursor = undefined;
    this.fitWhole();
  }

  show(layers: Layer[]): void {
    this.layers = layers;
    this.paint();
  }

  /** What a click and a drag do. */
  use(tool: Tool): void {
    this.pen.use(tool);
    this.aligner.use(tool);
    this.actions.advised(this.aligner.advice);
    this.canvas.classList.toggle("drawing", tool !== "pan");
    this.paint();
  }

  /** Offers to draw the outline of the tissue, where there is one. */
  offerOutline(): void {
    const { tissue, choices } = this.state;
    const button = byId("outline");
    button.hidden = !tissue.length;
    button.setAttribute("aria-pressed", String(choices.outline === "on"));
  }

  /** Shows the regions and the pixel of the state anew. */
  refresh(): void {
    this.paint();
  }

  /** What is shown as a picture of its own, with what it is. */
  picture(): Promise<Blob> {
    return pictureOf(this.state, this.layers);
  }

  private image(): ImageSize {
    return imageSize(this.state.dataset, this.state.choices.plane);
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

  fitWhole(): void {
    this.isFitted = true;
    this.view = fit(this.image(), this.screen());
    this.paint();
  }

  private zoom(factor: number, x = this.screen().width / 2, y = this.screen().height / 2): void {
    this.isFitted = false;
    this.view = zoomAt(this.view, factor, x, y, this.image(), this.screen());
    this.paint();
  }

  private press(left: number, top: number): void {
    if (this.aligner.isActive) this.aligner.press(toImage(this.view, left, top), this.view);
    else this.pen.press(...toImage(this.view, left, top));
    this.paint();
  }

  private drag(dx: number, dy: number, left: number, top: number): void {
    const at = toImage(this.view, left, top);
    if (this.aligner.isActive ? this.aligner.drag(at) : this.pen.drag(...at)) {
      this.paint();
      return;
    }
    this.isFitted = false;
    this.view = moved(this.view, dx, dy, this.image(), this.screen());
    this.paint();
  }

  private release(): void {
    this.pen.release();
    this.aligner.release();
    this.paint();
  }

  private pointAt(left: number, top: number, isPressed: boolean): void {
    const [x, y] = toImage(this.view, left, top);
    this.pen.hover(x, y);
    this.actions.hovered(this.pixelAt(x, y));
    if (this.pen.isDrawing || isPressed) this.paint();
  }

  private click(left: number, top: number): void {
    const [x, y] = toImage(this.view, left, top);
    const pixel = this.pixelAt(x, y);
    if (this.aligner.isActive) {
      this.aligner.click([x, y]);
      this.actions.advised(this.aligner.advice);
    } else if (this.pen.tool === "region") this.pen.corner(x, y, this.view.zoom);
    else if (this.pen.tool === "pan" && pixel) this.actions.picked(...pixel);
    this.paint();
  }

  /** The pixel at a point of the image; none beside it. */
  private pixelAt(x: number, y: number): Place | undefined {
    const place: Place = [Math.floor(x), Math.floor(y)];
    const { width, from, to } = this.image();
    const isInside = place[0] >= 0 && place[1] >= from && place[0] < width && place[1] < to;
    return isInside ? place : undefined;
  }

  private key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (this.aligner.key(event, arrow)) {
      event.preventDefault();
      this.paint();
      return;
    }
    if (arrow) this.moveCursor(arrow, event.shiftKey ? 10 : 1);
    else if (event.key === "Enter" || event.key === " ") {
      if (!this.cursor) return;
      const [x, y] = this.cursor;
      if (this.pen.tool === "pan") this.actions.picked(x, y);
      else this.pen.mark(x, y, this.view.zoom);
    } else if (event.key === "+" || event.key === "=") this.zoom(1.25);
    else if (event.key === "-") this.zoom(0.8);
    else if (event.key === "0") this.fitWhole();
    else if (event.key === "Escape") this.pen.cancel();
    else if (event.key === "Backspace") this.pen.back();
    else if (event.key === "c") this.pen.close();
    else return;
    event.preventDefault();
    this.paint();
  }

  private moveCursor([dx, dy]: [number, number], distance: number): void {
    const { width, from, to } = this.image();
    const [x, y] = this.cursor ?? [Math.floor(width / 2), Math.floor((from + to) / 2)];
    const within = (at: number, low: number, high: number) => Math.min(high - 1, Math.max(low, at));
    this.cursor = [within(x + dx * distance, 0, width), within(y + dy * distance, from, to)];
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
    const { state, view } = this;
    const density = window.devicePixelRatio || 1;
    const screen = this.screen();
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, screen.width, screen.height);
    const image = this.image();
    const [left, top] = toScreen(view, 0, image.from);
    const [right, bottom] = toScreen(view, image.width, image.to);
    context.save();
    if (state.choices.plane) {
      context.beginPath();
      context.rect(left, top, right - left, bottom - top);
      context.clip();
    }
    drawStack(context, this.layers, state, image, view);
    this.aligner.draw(context, view);
    const isOutlined = this.layers.length && state.choices.outline === "on";
    if (isOutlined) drawTissue(context, view, state.tissue);
    for (const region of state.regions) {
      drawRegion(context, view, region, region === state.region);
    }
    drawOpenRegion(context, view, this.pen.outline(), this.pen.isClosed);
    if (state.pixel) drawFrame(context, view, state.pixel, "#ff5252");
    const hasFocus = document.activeElement === this.canvas;
    if (this.cursor && hasFocus) drawFrame(context, view, this.cursor, "#40c4ff");
    context.restore();
    const pixelUm = state.dataset?.pixelSizeUm?.[0];
    if (pixelUm && this.layers.length) drawScaleBar(context, view, screen, pixelUm);
  }
}

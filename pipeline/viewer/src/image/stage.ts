// The image: drawn, moved, read, and drawn upon.

import { byId } from "../dom.ts";
import { lengthOf } from "../format.ts";
import { type Corner, pixelsOf } from "./region.ts";
import {
  type Size,
  type Viewport,
  fit,
  moved,
  scaleBar,
  toImage,
  toScreen,
  zoomAt,
} from "./viewport.ts";

/** A layer: a picture of a pixel a pixel, and how much of it is seen. */
export interface Layer {
  picture: ImageBitmap;
  /** Intensity of the brightest colour. */
  ceiling: number;
  opacity: number;
  /** Colour by which a grey picture is multiplied; layers of colours are added. */
  color?: string;
}

export interface Region {
  name: string;
  corners: Corner[];
  pixels: [number, number][];
}

/** How near to the first corner a click closes a region, in points of the screen. */
const CLOSE = 10;

/** How far a press may move and still be a click. */
const STILL = 4;

export class Stage {
  private readonly canvas = byId<HTMLCanvasElement>("canvas");
  private image: Size = { width: 1, height: 1 };
  private pixelUm: number | undefined;
  private view: Viewport = { zoom: 1, left: 0, top: 0 };
  private isFitted = true;
  private layers: Layer[] = [];
  private drawn: Corner[] = [];
  private hand: Corner | undefined;
  private cursor: [number, number] | undefined;
  private picked: [number, number] | undefined;
  private press: { x: number; y: number; hasMoved: boolean } | undefined;
  private readonly touches = new Map<number, [number, number]>();
  private isWaiting = false;
  tool: "pan" | "region" = "pan";
  regions: Region[] = [];

  constructor(
    private readonly hovered: (place: [number, number] | undefined) => void,
    private readonly clicked: (x: number, y: number) => void,
    private readonly closed: (region: Region) => void,
  ) {
    const canvas = this.canvas;
    new ResizeObserver(() => this.resized()).observe(byId("screen"));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.up(event));
    canvas.addEventListener("pointerleave", () => this.hovered(undefined));
    canvas.addEventListener("keydown", (event) => this.key(event));
    byId("nearer").addEventListener("click", () => this.zoom(1.5));
    byId("farther").addEventListener("click", () => this.zoom(1 / 1.5));
    byId("whole").addEventListener("click", () => this.whole());
  }

  /** Another dataset. */
  size(image: Size, pixelUm: number | undefined): void {
    this.image = image;
    this.pixelUm = pixelUm;
    this.layers = [];
    this.regions = [];
    this.drawn = [];
    this.picked = undefined;
    this.cursor = undefined;
    this.whole();
  }

  show(layers: Layer[]): void {
    this.layers = layers;
    this.paint();
  }

  pick(place: [number, number] | undefined): void {
    this.picked = place;
    this.paint();
  }

  /** Forgets the corners of a region that is not closed. */
  cancel(): void {
    this.drawn = [];
    this.hand = undefined;
    this.paint();
  }

  whole(): void {
    this.isFitted = true;
    this.view = fit(this.image, this.screen());
    this.paint();
  }

  /** What is shown as a picture of its own, each pixel a square. */
  async picture(): Promise<Blob> {
    const zoom = Math.max(1, Math.floor(1200 / Math.max(this.image.width, this.image.height)));
    const canvas = document.createElement("canvas");
    canvas.width = this.image.width * zoom;
    canvas.height = this.image.height * zoom;
    this.compose(canvas.getContext("2d"), { zoom, left: 0, top: 0 });
    return new Promise((resolve, reject) =>
      canvas.toBlob((blob) =>
        blob ? resolve(blob) : reject(new Error("the picture is too large")),
      ),
    );
  }

  private screen(): Size {
    const screen = byId("screen");
    return { width: screen.clientWidth, height: screen.clientHeight };
  }

  private resized(): void {
    const { width, height } = this.screen();
    const density = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(width * density));
    this.canvas.height = Math.max(1, Math.round(height * density));
    if (this.isFitted) this.view = fit(this.image, { width, height });
    this.paint();
  }

  private zoom(factor: number, x = this.screen().width / 2, y = this.screen().height / 2): void {
    this.isFitted = false;
    this.view = zoomAt(this.view, factor, x, y, this.image, this.screen());
    this.paint();
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    this.zoom(
      Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)),
      event.offsetX,
      event.offsetY,
    );
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.touches.set(event.pointerId, [event.offsetX, event.offsetY]);
    this.press = { x: event.offsetX, y: event.offsetY, hasMoved: this.touches.size > 1 };
  }

  private move(event: PointerEvent): void {
    const [x, y] = toImage(this.view, event.offsetX, event.offsetY);
    const before = this.touches.get(event.pointerId);
    this.hand = [x, y];
    this.hovered(
      this.within(Math.floor(x), Math.floor(y)) ? [Math.floor(x), Math.floor(y)] : undefined,
    );
    if (before && this.press) {
      const [dx, dy] = [event.offsetX - before[0], event.offsetY - before[1]];
      const far = Math.hypot(event.offsetX - this.press.x, event.offsetY - this.press.y);
      this.press.hasMoved ||= far > STILL;
      const other = [...this.touches].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
        const is = Math.hypot(event.offsetX - other[0], event.offsetY - other[1]);
        if (was > 0) this.zoom(is / was, other[0], other[1]);
      } else if (this.press.hasMoved) {
        this.isFitted = false;
        this.view = moved(this.view, dx, dy, this.image, this.screen());
      }
      this.touches.set(event.pointerId, [event.offsetX, event.offsetY]);
    }
    if (this.drawn.length || before) this.paint();
  }

  private up(event: PointerEvent): void {
    this.touches.delete(event.pointerId);
    const press = this.press;
    if (this.touches.size) return;
    this.press = undefined;
    if (!press || press.hasMoved || event.type === "pointercancel") return;
    const [x, y] = toImage(this.view, event.offsetX, event.offsetY);
    if (this.tool === "region") this.corner(x, y);
    else if (this.within(Math.floor(x), Math.floor(y))) this.clicked(Math.floor(x), Math.floor(y));
  }

  private within(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x < this.image.width && y < this.image.height;
  }

  /** Adds a corner, or closes the region where it comes back to its first. */
  private corner(x: number, y: number): void {
    const first = this.drawn[0];
    if (
      first &&
      this.drawn.length > 2 &&
      Math.hypot(x - first[0], y - first[1]) * this.view.zoom < CLOSE
    ) {
      this.close();
      return;
    }
    this.drawn.push([x, y]);
    this.paint();
  }

  close(): void {
    if (this.drawn.length < 3) return;
    const corners = this.drawn;
    const pixels = pixelsOf(corners, this.image.width, this.image.height);
    this.cancel();
    const region = { name: `region ${this.regions.length + 1}`, corners, pixels };
    this.regions.push(region);
    this.paint();
    this.closed(region);
  }

  private key(event: KeyboardEvent): void {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const step = steps[event.key];
    if (step) {
      const far = event.shiftKey ? 10 : 1;
      const [x, y] = this.cursor ?? [
        Math.floor(this.image.width / 2),
        Math.floor(this.image.height / 2),
      ];
      const held = (at: number, side: number) => Math.min(side - 1, Math.max(0, at));
      this.cursor = [
        held(x + step[0] * far, this.image.width),
        held(y + step[1] * far, this.image.height),
      ];
      this.hovered(this.cursor);
    } else if (event.key === "Enter" || event.key === " ") {
      if (!this.cursor) return;
      const [x, y] = this.cursor;
      if (this.tool === "region") this.corner(x + 0.5, y + 0.5);
      else this.clicked(x, y);
    } else if (event.key === "+" || event.key === "=") this.zoom(1.25);
    else if (event.key === "-") this.zoom(0.8);
    else if (event.key === "0") this.whole();
    else if (event.key === "Escape") this.cancel();
    else if (event.key === "Backspace") this.drawn.pop();
    else if (event.key === "c") this.close();
    else return;
    event.preventDefault();
    this.paint();
  }

  private paint(): void {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.draw();
    });
  }

  private draw(): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const density = window.devicePixelRatio || 1;
    const { width, height } = this.screen();
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    this.compose(context, this.view);
    this.marks(context);
    this.bar(context, width, height);
  }

  private compose(context: CanvasRenderingContext2D | null, view: Viewport): void {
    if (!context) return;
    const place = [
      view.left,
      view.top,
      this.image.width * view.zoom,
      this.image.height * view.zoom,
    ] as const;
    for (const { picture, opacity, color } of this.layers) {
      if (color === undefined) {
        context.imageSmoothingEnabled = false;
        context.globalAlpha = opacity;
        context.drawImage(picture, ...place);
        context.globalAlpha = 1;
        continue;
      }
      context.imageSmoothingEnabled = false;
      context.globalCompositeOperation = "lighter";
      context.drawImage(tinted(picture, color, opacity), ...place);
      context.globalCompositeOperation = "source-over";
    }
  }

  private marks(context: CanvasRenderingContext2D): void {
    const line = (corners: Corner[], isClosed: boolean, color: string) => {
      context.beginPath();
      corners.forEach(([x, y], i) => {
        const [left, top] = toScreen(this.view, x, y);
        if (i) context.lineTo(left, top);
        else context.moveTo(left, top);
      });
      if (isClosed) context.closePath();
      for (const [width, stroke] of [
        [4, "rgb(0 0 0 / 60%)"],
        [2, color],
      ] as const) {
        context.lineWidth = width;
        context.strokeStyle = stroke;
        context.stroke();
      }
    };
    this.regions.forEach(({ corners }) => line(corners, true, "#ffffff"));
    if (this.drawn.length) {
      const open = this.hand ? [...this.drawn, this.hand] : this.drawn;
      line(open, false, "#ffd54a");
      for (const [x, y] of this.drawn) {
        const [left, top] = toScreen(this.view, x, y);
        context.fillStyle = "#ffd54a";
        context.fillRect(left - 3, top - 3, 6, 6);
      }
    }
    const box = (place: [number, number] | undefined, color: string) => {
      if (!place) return;
      const [x, y] = place;
      line(
        [
          [x, y],
          [x + 1, y],
          [x + 1, y + 1],
          [x, y + 1],
        ],
        true,
        color,
      );
    };
    box(this.picked, "#ff5252");
    if (document.activeElement === this.canvas) box(this.cursor, "#40c4ff");
  }

  private bar(context: CanvasRenderingContext2D, width: number, height: number): void {
    if (!this.pixelUm || !this.layers.length) return;
    const bar = scaleBar(this.pixelUm, this.view.zoom, Math.min(160, width / 3));
    context.font = "600 12px system-ui, sans-serif";
    const text = lengthOf(bar.um);
    const room = Math.max(bar.points, context.measureText(text).width) + 16;
    context.fillStyle = "rgb(0 0 0 / 65%)";
    context.fillRect(10, height - 42, room, 32);
    context.fillStyle = "#ffffff";
    context.fillRect(18, height - 18, bar.points, 3);
    context.fillText(text, 18, height - 24);
  }
}

/** A grey picture in a colour, on black, so that layers add up. */
function tinted(picture: ImageBitmap, color: string, opacity: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  if (context) {
    context.drawImage(picture, 0, 0);
    context.globalCompositeOperation = "multiply";
    context.fillStyle = color;
    context.fillRect(0, 0, picture.width, picture.height);
    context.globalCompositeOperation = "multiply";
    const grey = Math.round(opacity * 255);
    context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    context.fillRect(0, 0, picture.width, picture.height);
    context.globalCompositeOperation = "destination-in";
    context.drawImage(picture, 0, 0);
  }
  return canvas;
}

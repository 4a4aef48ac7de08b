// Thumbnails of ion images in tables, loaded lazily: when they come into sight.

import type { Api } from "./api.ts";
import { element } from "./dom.ts";
import { drawWhole } from "./image/layers.ts";
import { imageSize } from "./image/viewport.ts";
import { isAborted } from "./latest.ts";
import type { State } from "./state.ts";

/** Longer side of the pictures that are requested, which are shown smaller on dense screens too. */
const SIDE = 120;

/** How far from sight a thumbnail is loaded already. */
const PREFETCH_MARGIN = "120px";

interface Source {
  dataset: string;
  /** An ion and its isotope, or an m/z. */
  of: { ion: string; isotope: number } | { mz: number };
  colormap: string;
  normalization: string;
  /** Height of a pixel over its width. */
  stretch: number;
}

/** The head of a column of thumbnails: its title is for those who do not see them. */
export function thumbnailHead(): HTMLElement {
  const title = element("span", { class: "unseen" }, "Image");
  return element("th", { scope: "col", class: "image" }, title);
}

export class Thumbnails {
  /** What comes before any thumbnail. */
  private first: Promise<unknown> = Promise.resolve();
  private readonly sources = new WeakMap<Element, Source>();
  private readonly observer = new IntersectionObserver((entries) => this.loadVisible(entries), {
    rootMargin: PREFETCH_MARGIN,
  });

  constructor(
    private readonly state: State,
    private readonly api: Api,
  ) {}

  /** Thumbnails from now on are loaded after something else. */
  after(first: Promise<unknown>): void {
    this.first = first;
  }

  /** The thumbnail of an ion; empty until it is seen and its picture has come. */
  of(ion: string, isotope: number): HTMLCanvasElement {
    const name = this.state.names.plain(ion);
    const label = isotope ? `Isotope ${isotope} of ${name}` : `Image of ${name}`;
    return this.later({ ion, isotope }, label);
  }

  /** The thumbnail of a window around an m/z. */
  ofMz(mz: number): HTMLCanvasElement {
    return this.later({ mz }, `Image of m/z ${mz.toFixed(4)}`);
  }

  private later(of: Source["of"], label: string): HTMLCanvasElement {
    const { dataset, colormap, normalization } = this.state.choices;
    const canvas = element("canvas", {
      class: "thumb",
      width: 1,
      height: 1,
      role: "img",
      "aria-label": label,
    });
    const { stretch } = imageSize(this.state.dataset);
    this.sources.set(canvas, { dataset, of, colormap, normalization, stretch });
    this.observer.observe(canvas);
    return canvas;
  }

  /** Draws anew what is in sight, in the colours and divided as the user has chosen since. */
  redraw(): void {
    const { colormap, normalization } = this.state.choices;
    for (const canvas of document.querySelectorAll("canvas.thumb")) {
      const source = this.sources.get(canvas);
      if (!source) continue;
      Object.assign(source, { colormap, normalization });
      this.observer.unobserve(canvas);
      this.observer.observe(canvas);
    }
  }

  private loadVisible(entries: IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) void this.load(target as HTMLCanvasElement);
    }
  }

  private async load(canvas: HTMLCanvasElement): Promise<void> {
    this.observer.unobserve(canvas);
    await this.first;
    const source = this.sources.get(canvas);
    if (!source) return;
    const { dataset, of, colormap, normalization, stretch } = source;
    try {
      const style = { colormap, normalization, maxSide: SIDE };
      const { picture } = await ("mz" in of
        ? this.api.mzImage(dataset, of.mz, style)
        : this.api.image(of.ion, of.isotope, { dataset, ...style }));
      drawWhole(canvas, picture, stretch);
      canvas.dataset["drawn"] = "";
    } catch (error) {
      if (isAborted(error)) return;
      canvas.classList.add("absent");
      canvas.title = (error as Error).message;
    }
  }
}

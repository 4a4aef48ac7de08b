// Thumbnails of ion images in tables, loaded lazily: when they come into sight.

import type { Api } from "./api.ts";
import { element } from "./dom.ts";
import { isAborted } from "./latest.ts";
import type { State } from "./state.ts";

/** Longer side of the pictures that are requested, which are shown smaller on dense screens too. */
const SIDE = 120;

/** How far from sight a thumbnail is loaded already. */
const PREFETCH_MARGIN = "120px";

interface Source {
  dataset: string;
  ion: string;
  isotope: number;
  colormap: string;
}

/** The head of a column of thumbnails: its title is for those who do not see them. */
export function thumbnailHead(): HTMLElement {
  const title = element("span", { class: "unseen" }, "Image");
  return element("th", { scope: "col", class: "image" }, title);
}

export class Thumbnails {
  private readonly sources = new WeakMap<Element, Source>();
  private readonly observer = new IntersectionObserver((entries) => this.loadVisible(entries), {
    rootMargin: PREFETCH_MARGIN,
  });

  constructor(
    private readonly state: State,
    private readonly api: Api,
  ) {}

  /** The thumbnail of an ion; empty until it is seen and its picture has come. */
  of(ion: string, isotope: number): HTMLCanvasElement {
    const { dataset, colormap } = this.state.choices;
    const label = isotope ? `Isotope ${isotope} of ${ion}` : `Image of ${ion}`;
    const canvas = element("canvas", {
      class: "thumb",
      width: 1,
      height: 1,
      role: "img",
      "aria-label": label,
    });
    this.sources.set(canvas, { dataset, ion, isotope, colormap });
    this.observer.observe(canvas);
    return canvas;
  }

  private loadVisible(entries: IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) void this.load(target as HTMLCanvasElement);
    }
  }

  private async load(canvas: HTMLCanvasElement): Promise<void> {
    this.observer.unobserve(canvas);
    const source = this.sources.get(canvas);
    if (!source) return;
    const { dataset, ion, isotope, colormap } = source;
    try {
      const query = { dataset, colormap, maxSide: SIDE };
      const { picture } = await this.api.image(ion, isotope, query);
      [canvas.width, canvas.height] = [picture.width, picture.height];
      canvas.getContext("2d")?.drawImage(picture, 0, 0);
      canvas.dataset["drawn"] = "";
    } catch (error) {
      if (isAborted(error)) return;
      canvas.classList.add("absent");
      canvas.title = (error as Error).message;
    }
  }
}

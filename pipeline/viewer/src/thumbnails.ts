// Small images of ions in tables, asked for when they come into sight.

import { type Api, isAborted, query } from "./api.ts";
import { el } from "./dom.ts";

/** Longer side of the pictures that are asked for, which are shown smaller on dense screens too. */
const SIDE = 120;

/** What a small image is of. */
export interface Small {
  dataset: string;
  ion: string;
  isotope: number;
  colormap: string;
}

/** The head of a column of small images: its title is for those who do not see them. */
export function imageHead(): HTMLElement {
  return el("th", { scope: "col", class: "image" }, el("span", { class: "unseen" }, "Image"));
}

export class Thumbs {
  private readonly wanted = new WeakMap<Element, Small>();
  private readonly sight = new IntersectionObserver(
    (seen) =>
      seen
        .filter((entry) => entry.isIntersecting)
        .forEach(({ target }) => this.load(target as HTMLCanvasElement)),
    { rootMargin: "120px" },
  );

  constructor(private readonly api: Api) {}

  /** The small image of an ion; empty until it is seen and its picture has come. */
  of(small: Small): HTMLCanvasElement {
    const label = small.isotope
      ? `Isotope ${small.isotope} of ${small.ion}`
      : `Image of ${small.ion}`;
    const canvas = el("canvas", {
      class: "thumb",
      width: 1,
      height: 1,
      role: "img",
      "aria-label": label,
    });
    this.wanted.set(canvas, small);
    this.sight.observe(canvas);
    return canvas;
  }

  private load(canvas: HTMLCanvasElement): void {
    this.sight.unobserve(canvas);
    const small = this.wanted.get(canvas);
    if (!small) return;
    const { dataset, ion, isotope, colormap } = small;
    const address = `ions/${encodeURIComponent(ion)}/images/${isotope}.png${query({ dataset, colormap, maxSide: SIDE })}`;
    this.api.picture(address).then(
      ({ picture }) => {
        [canvas.width, canvas.height] = [picture.width, picture.height];
        canvas.getContext("2d")?.drawImage(picture, 0, 0);
        canvas.dataset["drawn"] = "";
      },
      (error: unknown) => {
        if (isAborted(error)) return;
        canvas.classList.add("absent");
        canvas.title = (error as Error).message;
      },
    );
  }
}

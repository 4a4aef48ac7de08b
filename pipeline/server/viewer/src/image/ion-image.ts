// The image that is shown, of an ion, of a window of m/z or of channels: loads it and its intensities.
//
// The heading changes with the picture and never before it: an image stands under no other's name.

import { writeAddress } from "../address.ts";
import type { Api, PixelPlaces } from "../api.ts";
import { type Problem, isGone } from "../client.ts";
import { byId, element } from "../dom.ts";
import { windowName } from "../format.ts";
import { Latest, isAborted } from "../latest.ts";
import { answerOf } from "../notice.ts";
import { type State, imageQuery, windowPpm } from "../state.ts";
import type { ImageCanvas } from "./canvas.ts";
import { showChannels } from "./channels.ts";
import type { Layer } from "./layers.ts";
import { showLegend } from "./legend.ts";

/** How long an image may take until the page says that it is being made. */
const PATIENCE_MS = 300;

/** How long what is around an image waits for it. */
const AHEAD_MS = 150;

export class IonImage {
  private readonly latest = new Latest();

  /** `loaded` is told when the intensities of the image are known. */
  constructor(
    private readonly state: State,
    private readonly api: Api,
    private readonly canvas: ImageCanvas,
    private readonly loaded: () => void,
  ) {}

  /**
   * Shows what is chosen. A newer call takes the place of one that is still loading. Comes back when the
   * image is there or takes its time: whether it is still what is chosen.
   */
  async show(): Promise<boolean> {
    const signal = this.latest.next();
    this.state.intensities = undefined;
    const shown = this.showLayers(signal);
    this.listChannels();
    void this.nameChannels();
    await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, AHEAD_MS))]);
    if (signal.aborted) return false;
    const { ion, mz } = this.state.choices;
    if (ion || mz) void this.loadIntensities(signal);
    return true;
  }

  /** Shows nothing, and says why. */
  clear(title: string, reason: string): void {
    this.latest.next();
    this.state.intensities = undefined;
    this.empty(title, reason);
    this.listChannels();
  }

  private listChannels(): void {
    showChannels(this.state, () => {
      writeAddress(this.state.choices);
      void this.show();
    });
  }

  /** The names of channels of an address come later. */
  private async nameChannels(): Promise<void> {
    const { dataset, channels } = this.state.choices;
    const ions = channels.map((channel) => channel.ion);
    const isNew = await answerOf(this.state.names.ask(this.api, dataset, ions));
    if (isNew) this.listChannels();
  }

  private async showLayers(signal: AbortSignal): Promise<void> {
    const { ion, mz, channels, colormap } = this.state.choices;
    const shown = byId("canvas").dataset;
    shown["shown"] = "";
    const title = this.title();
    const slow = setTimeout(() => this.say("Making the image…"), PATIENCE_MS);
    try {
      const layers = await Promise.all(this.layers(signal));
      if (signal.aborted) return;
      this.say("");
      this.canvas.show(layers);
      byId("title").replaceChildren(title);
      showLegend(this.state, layers[0]?.ceiling);
      if (channels.length) shown["shown"] = channels.map((channel) => channel.ion).join(" ");
      else shown["shown"] = `${mz || ion} ${colormap}`;
    } catch (error) {
      if (isAborted(error) || signal.aborted) return;
      const { message, hint } = error as Partial<Problem> & Error;
      this.empty(title, isGone(error) ? "" : hint ? `${message}. ${hint}` : message);
    } finally {
      clearTimeout(slow);
    }
  }

  /** What the image is called. */
  private title(): Node {
    const { state } = this;
    const { ion, mz, channels } = state.choices;
    if (channels.length > 1) return document.createTextNode(`${channels.length} channels`);
    if (channels[0]) return state.names.label(channels[0].ion);
    if (mz) return element("span", { class: "name" }, windowName(mz, windowPpm(state)));
    return ion ? state.names.label(ion) : document.createTextNode("No ion selected");
  }

  /** An empty screen under a title. */
  private empty(title: Node | string, reason: string): void {
    this.canvas.show([]);
    byId("title").replaceChildren(title);
    byId("legend").replaceChildren();
    this.say(reason);
  }

  private say(text: string): void {
    const place = byId("screen-note");
    place.textContent = text;
    place.hidden = !text;
  }

  /** The channels of a composite, or the image of the ion or of the m/z, or none. */
  private layers(signal: AbortSignal): Promise<Layer>[] {
    const { ion, mz, ppm, isotope, channels, opacity, dataset: id } = this.state.choices;
    const query = imageQuery(this.state.choices);
    if (channels.length) {
      return channels.map(async ({ ion, opacity, color }) => {
        const grey = await this.api.image(ion, isotope, { ...query, colormap: "grey" }, signal);
        return { ...grey, opacity, color };
      });
    }
    if (mz) {
      const { dataset: _, ...style } = query;
      const wanted = ppm ? { ...style, ppm } : style;
      const image = this.api.mzImage(id, mz, wanted, signal);
      return [image.then((image) => ({ ...image, opacity }))];
    }
    if (!ion) return [];
    return [this.api.image(ion, isotope, query, signal).then((image) => ({ ...image, opacity }))];
  }

  private async loadIntensities(signal: AbortSignal): Promise<void> {
    const { dataset, isotope, ion, mz, ppm, normalization } = this.state.choices;
    const request: Promise<PixelPlaces> = mz
      ? this.api.mzPixels(dataset, mz, ppm ? { ppm, normalization } : { normalization }, signal)
      : this.api.pixels(ion, { dataset, isotope, normalization }, signal);
    // Why there is none stands on the screen already.
    const pixels = await request.catch(() => undefined);
    if (signal.aborted) return;
    this.state.intensities = pixels && intensitiesByPlace(pixels);
    this.loaded();
  }
}

function intensitiesByPlace({ x, y, width, intensity }: PixelPlaces): Map<number, number> {
  return new Map(x.map((x, i) => [(y[i] ?? 0) * width + x, intensity[i] ?? 0]));
}

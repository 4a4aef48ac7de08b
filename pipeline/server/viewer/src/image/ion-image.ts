// The image of the ion that is shown, or a composite of channels: loads it and its intensities.

import { writeAddress } from "../address.ts";
import type { Api, Pixels } from "../api.ts";
import { byId } from "../dom.ts";
import { ionName } from "../ion-name.ts";
import { Latest } from "../latest.ts";
import { answerOf } from "../notice.ts";
import { type State, imageQuery } from "../state.ts";
import type { ImageCanvas } from "./canvas.ts";
import { showChannels } from "./channels.ts";
import type { Layer } from "./layers.ts";
import { showLegend } from "./legend.ts";

export class IonImage {
  private readonly latest = new Latest();

  constructor(
    private readonly state: State,
    private readonly api: Api,
    private readonly canvas: ImageCanvas,
  ) {}

  /** Shows what is chosen. A newer call takes the place of one that is still loading. */
  show(): void {
    const { ion } = this.state.choices;
    const signal = this.latest.next();
    byId("title").replaceChildren(ion ? ionName(ion) : "No ion selected");
    void this.showLayers(signal);
    showChannels(this.state, () => {
      writeAddress(this.state.choices);
      this.show();
    });
    this.state.intensities = undefined;
    if (ion) void this.loadIntensities(ion, signal);
  }

  private async showLayers(signal: AbortSignal): Promise<void> {
    const { ion, channels, colormap } = this.state.choices;
    const shown = byId("canvas").dataset;
    shown["shown"] = "";
    const layers = await answerOf(Promise.all(this.layers(signal)));
    if (!layers) return;
    this.canvas.show(layers);
    showLegend(this.state, layers[0]?.ceiling);
    shown["shown"] = channels.length
      ? channels.map((channel) => channel.ion).join(" ")
      : `${ion} ${colormap}`;
  }

  /** The channels of a composite, or the image of the ion, or none. */
  private layers(signal: AbortSignal): Promise<Layer>[] {
    const { ion, isotope, channels, opacity } = this.state.choices;
    const query = imageQuery(this.state.choices);
    if (channels.length) {
      return channels.map(async ({ ion, opacity, color }) => {
        const grey = await this.api.image(ion, isotope, { ...query, colormap: "grey" }, signal);
        return { ...grey, opacity, color };
      });
    }
    if (!ion) return [];
    return [this.api.image(ion, isotope, query, signal).then((image) => ({ ...image, opacity }))];
  }

  private async loadIntensities(ion: string, signal: AbortSignal): Promise<void> {
    const { dataset, isotope } = this.state.choices;
    const pixels = await answerOf(this.api.pixels(ion, { dataset, isotope }, signal));
    this.state.intensities = pixels && intensitiesByPlace(pixels);
  }
}

function intensitiesByPlace({ x, y, width, intensity }: Pixels): Map<number, number> {
  return new Map(x.map((x, i) => [(y[i] ?? 0) * width + x, intensity[i] ?? 0]));
}

// Loads the optical image of a dataset, and keeps it and its place beside the results.

import type { Api, OpticalAnswer } from "../api.ts";
import { debounceEach } from "../debounce.ts";
import { answerOf, notify } from "../notice.ts";
import type { State } from "../state.ts";
import type { Placement } from "./placement.ts";

/** How long a place must rest until it is sent. */
const KEEP_AFTER_MS = 300;

export class OpticalKeeper {
  /** Keeps what was placed, though another dataset may be shown by then. */
  private readonly keep: (dataset: string, placement: Placement) => void;

  constructor(
    private readonly state: State,
    private readonly api: Api,
  ) {
    this.keep = debounceEach(
      KEEP_AFTER_MS,
      (dataset, placement: Placement) => void answerOf(this.api.keepPlacement(dataset, placement)),
    );
  }

  /** Loads the optical image of the dataset, if it has one. */
  async load(): Promise<void> {
    const { dataset } = this.state.choices;
    const found = await answerOf(this.api.optical(dataset));
    if (found) await this.show(found);
  }

  /** Puts a picture beside the results. Returns whether it was taken. */
  async add(file: File): Promise<boolean> {
    if (this.state.served?.isReadOnly) {
      notify("The server writes nothing (--read-only): it takes no picture.");
      return false;
    }
    notify(`Reading ${file.name}…`);
    const found = await answerOf(this.api.keepPicture(this.state.choices.dataset, file));
    if (!found) return false;
    await this.show(found);
    notify(`${file.name} lies in the middle of the ion images now: align it.`);
    return true;
  }

  /** Places the picture. */
  place(placement: Placement): void {
    const { optical, choices, served } = this.state;
    if (!optical) return;
    optical.placement = placement;
    if (!served?.isReadOnly) this.keep(choices.dataset, placement);
  }

  async remove(): Promise<void> {
    const found = await answerOf(this.api.removeOptical(this.state.choices.dataset));
    if (found) await this.show(found);
  }

  private async show({ dataset, optical }: OpticalAnswer): Promise<void> {
    const picture = optical && (await answerOf(this.api.opticalPicture(dataset)));
    if (dataset !== this.state.choices.dataset) return;
    if (!optical || !picture) {
      this.state.optical = undefined;
      return;
    }
    const { name, width, height } = optical;
    const placement = optical.placement as Placement;
    this.state.optical = { name, width, height, placement, picture };
  }
}

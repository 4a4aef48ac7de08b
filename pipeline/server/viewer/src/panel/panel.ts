// The panel beside the image: shows what the open tab has to say.

import { writeAddress } from "../address.ts";
import type { Api, Spectrum } from "../api.ts";
import { byId } from "../dom.ts";
import { Latest } from "../latest.ts";
import { answerOf } from "../notice.ts";
import type { State } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import { comparePanel } from "./compare.ts";
import { ionPanel } from "./ion.ts";
import { type ChooseIon, note } from "./ion-table.ts";
import { moleculesPanel } from "./molecules.ts";
import { mzPanel } from "./mz.ts";
import { MAX_PARTNERS, partnersPanel } from "./partners.ts";
import { type RegionActions, regionsPanel } from "./regions.ts";
import { peaksPanel } from "./spectrum.ts";
import { bindTabs, markTab } from "./tabs.ts";

export interface PanelActions extends RegionActions {
  choose: ChooseIon;
  showMz(mz: number, ppm: number): void;
  /** The spectrum of the pixel that was picked. */
  spectrum(): Spectrum | undefined;
}

const NO_PARTNERS =
  "The image is that of an m/z, and ions are compared: choose one in the table to see what lies with it.";

export class Panel {
  private readonly latest = new Latest();
  /** Counts what was asked to be shown: of two answers the later request counts. */
  private nShown = 0;

  constructor(
    private readonly state: State,
    private readonly api: Api,
    private readonly thumbnails: Thumbnails,
    private readonly actions: PanelActions,
  ) {
    bindTabs(state, (tab) => this.open(tab));
    markTab(state);
  }

  /** Opens a tab. */
  open(tab: string): void {
    this.state.choices.tab = tab;
    markTab(this.state);
    writeAddress(this.state.choices);
    void this.show();
  }

  /** Marks the tab that is open. */
  mark(): void {
    markTab(this.state);
  }

  /** Shows the open tab anew. */
  async show(): Promise<void> {
    const panel = byId("panel");
    const { tab, ion, mz } = this.state.choices;
    const number = ++this.nShown;
    panel.dataset["of"] = "";
    const content = await this.content(tab);
    if (number !== this.nShown || !content) return;
    panel.replaceChildren(...content);
    panel.dataset["of"] = `${tab} ${mz || ion}`;
  }

  private async content(tab: string): Promise<Node[] | undefined> {
    const { state, api, thumbnails, actions } = this;
    const { choose } = actions;
    switch (tab) {
      case "ion":
        return state.choices.mz
          ? mzPanel(state, api, choose)
          : ionPanel(state, api, thumbnails, actions);
      case "spectrum":
        return peaksPanel(state, api, actions.spectrum(), thumbnails, actions);
      case "molecules":
        return moleculesPanel(state, api, choose, thumbnails);
      case "regions":
        return regionsPanel(state, api, thumbnails, actions);
      case "compare":
        return comparePanel(state, api);
      default:
        if (state.choices.mz) return [note(NO_PARTNERS)];
        if (state.choices.ion && !(await this.loadPartners())) return undefined;
        return partnersPanel(state, choose, thumbnails, (name) => void this.measure(name));
    }
  }

  /** Whether the partners came, and are still wanted. */
  private async loadPartners(): Promise<boolean> {
    const { dataset, ion, measure, fdr, normalization } = this.state.choices;
    const query = { dataset, ion, measure, fdr, normalization, limit: MAX_PARTNERS };
    const found = await answerOf(this.api.partners(query, this.latest.next()));
    if (!found || this.state.choices.tab !== "partners") return false;
    for (const { ion, moleculeNames } of found.partners) this.state.names.learn(ion, moleculeNames);
    this.state.partners = found;
    return true;
  }

  private async measure(name: string): Promise<void> {
    this.state.choices.measure = name;
    writeAddress(this.state.choices);
    await this.show();
    byId("measure").focus();
  }
}

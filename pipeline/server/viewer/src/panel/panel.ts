// The panel beside the ion image: shows what the open tab has to say of the ion.

import { writeAddress } from "../address.ts";
import type { Api } from "../api.ts";
import { byId } from "../dom.ts";
import { Latest } from "../latest.ts";
import { answerOf } from "../notice.ts";
import type { State } from "../state.ts";
import type { Thumbnails } from "../thumbnails.ts";
import { comparePanel } from "./compare.ts";
import { ionPanel } from "./ion.ts";
import type { ChooseIon } from "./ion-table.ts";
import { markersPanel } from "./markers.ts";
import { MAX_PARTNERS, partnersPanel } from "./partners.ts";
import { spectrumPanel } from "./spectrum.ts";
import { bindTabs, markTab } from "./tabs.ts";

export interface PanelActions {
  choose: ChooseIon;
  clearRegions(): void;
}

export class Panel {
  private readonly latest = new Latest();

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

  /** Shows the open tab anew. */
  async show(): Promise<void> {
    const panel = byId("panel");
    const { tab, ion } = this.state.choices;
    panel.dataset["of"] = "";
    // Of the tabs, only this one waits for the server.
    if (tab === "partners" && ion && !(await this.loadPartners())) return;
    if (tab !== "partners" || ion) panel.replaceChildren(...this.content(tab));
    panel.dataset["of"] = `${tab} ${ion}`;
  }

  private content(tab: string): Node[] {
    const { state, api, thumbnails } = this;
    const { choose, clearRegions } = this.actions;
    switch (tab) {
      case "ion":
        return ionPanel(state, choose, thumbnails);
      case "spectrum":
        return spectrumPanel(state, api, choose);
      case "markers":
        return markersPanel(state, choose, thumbnails, clearRegions);
      case "compare":
        return comparePanel(state, api);
      default:
        return partnersPanel(state, choose, thumbnails, (name) => void this.measure(name));
    }
  }

  /** Whether the partners came, and are still wanted. */
  private async loadPartners(): Promise<boolean> {
    const { dataset, ion, measure, fdr } = this.state.choices;
    const query = { dataset, ion, measure, fdr, limit: MAX_PARTNERS };
    const found = await answerOf(this.api.partners(query, this.latest.next()));
    if (!found || this.state.choices.tab !== "partners") return false;
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

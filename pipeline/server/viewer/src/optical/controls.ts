// The controls of the optical image: load it, show it over or under, align it, remove it.

import { byId } from "../dom.ts";
import type { Choices, State } from "../state.ts";

export interface OpticalActions {
  add(file: File): void;
  remove(): void;
  /** How it is shown was chosen anew. */
  changed(): void;
}

const NONE = "Load a picture of the section, such as a stain, or drop it on the image.";

/** Lets the controls change the state. */
export function bindOptical(state: State, actions: OpticalActions): void {
  const file = byId<HTMLInputElement>("optical-file");
  const row = byId("optical-row");
  byId("optical").addEventListener("click", () => {
    row.hidden = !row.hidden;
    byId("optical").setAttribute("aria-expanded", String(!row.hidden));
  });
  byId("optical-load").addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen) actions.add(chosen);
    file.value = "";
  });
  byId("optical-remove").addEventListener("click", () => {
    if (confirm("Remove the optical image of this dataset?")) actions.remove();
  });
  const where = byId<HTMLSelectElement>("optical-where");
  where.addEventListener("input", () => {
    state.choices.optical = where.value as Choices["optical"];
    actions.changed();
  });
  const opacity = byId<HTMLInputElement>("optical-opacity");
  opacity.addEventListener("input", () => {
    state.choices.opticalOpacity = Number(opacity.value);
    actions.changed();
  });
  const screen = byId("screen");
  screen.addEventListener("dragover", (event) => event.preventDefault());
  screen.addEventListener("drop", (event) => {
    event.preventDefault();
    const dropped = event.dataTransfer?.files[0];
    if (dropped) actions.add(dropped);
  });
}

/** Offers what can be done with the optical image, if there is one; `isNew` opens the controls. */
export function offerOptical({ optical, choices }: State, advice: string, isNew = false): void {
  const row = byId("optical-row");
  if (isNew) row.hidden = !optical;
  byId("optical").setAttribute("aria-expanded", String(!row.hidden));
  byId("optical-tools").hidden = !optical;
  byId<HTMLSelectElement>("optical-where").value = choices.optical;
  byId<HTMLInputElement>("optical-opacity").value = String(choices.opticalOpacity);
  byId("optical-about").textContent = advice || optical?.name || NONE;
}

// The dialog that asks for the token of a guarded server.

import { byId } from "./dom.ts";

/** Asks the user for a token, and says whether the last one was wrong. */
export function askToken(isWrong: boolean): Promise<string> {
  const dialog = byId<HTMLDialogElement>("token-dialog");
  const input = byId<HTMLInputElement>("token");
  byId("token-wrong").hidden = !isWrong;
  input.value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(input.value), { once: true }),
  );
}

// Light or dark: as the system has it, or as the user chose.

import { byId } from "./dom.ts";

const KEY = "metaspace-theme";

/** Applies the theme that the user chose before. */
export function restoreTheme(): void {
  const theme = localStorage.getItem(KEY);
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
}

/** Lets the button change the theme. */
export function bindTheme(): void {
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const isDark = root.dataset["theme"]
      ? root.dataset["theme"] === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset["theme"] = isDark ? "light" : "dark";
    localStorage.setItem(KEY, root.dataset["theme"]);
  });
}

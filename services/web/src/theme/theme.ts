import { effect, signal } from "@preact/signals";
import { keep, readKept } from "../device/kept.js";

export type Theme = "auto" | "light" | "dark";

const KEPT = "headline.theme";

export const theme = signal<Theme>(readKept<Theme>(KEPT) ?? "auto");

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  keep(KEPT, chosen === "auto" ? undefined : chosen);
}

import { effect, signal } from "@preact/signals";
import { readStored, store } from "../device/storage.js";

export type Theme = "auto" | "light" | "dark";

const KEY = "headline.theme";

export const theme = signal<Theme>(readStored<Theme>(KEY) ?? "auto");

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  store(KEY, chosen === "auto" ? undefined : chosen);
}

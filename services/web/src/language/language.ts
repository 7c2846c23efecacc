import { computed, effect, signal } from "@preact/signals";
import { readStored, store } from "../device/storage.js";
import { en } from "./en.js";
import { type Words, zh } from "./zh.js";

export type Language = "zh" | "en";

const KEY = "headline.language";
const TAGS = { zh: "zh-CN", en: "en" } as const;

/** Language that the reader has chosen, else the one the browser prefers. */
export const language = signal<Language>(readStored<Language>(KEY) ?? preferred());
export const words = computed<Words>(() => (language.value === "zh" ? zh : en));
/** Language tag for Intl. */
export const languageTag = computed(() => TAGS[language.value]);

effect(() => {
  document.documentElement.lang = languageTag.value;
});

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  store(KEY, chosen);
}

function preferred(): Language {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

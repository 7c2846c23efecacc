import { computed, effect, signal } from "@preact/signals";
import { keep, readKept } from "../device/kept.js";
import { en } from "./en.js";
import { type Words, zh } from "./zh.js";

export type Language = "zh" | "en";

const KEPT = "headline.language";
const TAGS = { zh: "zh-CN", en: "en" } as const;

/** Chosen once and remembered; until then what the browser prefers. */
export const language = signal<Language>(readKept<Language>(KEPT) ?? preferred());
export const words = computed<Words>(() => (language.value === "zh" ? zh : en));
/** For Intl. */
export const languageTag = computed(() => TAGS[language.value]);

effect(() => {
  document.documentElement.lang = languageTag.value;
});

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  keep(KEPT, chosen);
}

function preferred(): Language {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

import { STOP_WORDS } from "./stop-words.js";

/** Cuts a run of Han characters, in which no spaces stand, into words. */
export type CutHan = (run: string) => readonly string[];

/** Words of a title that count. */
export const TITLE_WORDS_MAX = 8;

const RUNS = /\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}])+/gu;
const HAN = /^\p{Script=Han}/u;
const NUMBER = /^\p{N}+$/u;

/** The first words of a title that say what it is about: in lower case, of two characters or more, each once. */
export function cutTitle(title: string, cutHan: CutHan): string[] {
  const words = new Set<string>();
  for (const [run] of title.normalize("NFKC").toLowerCase().matchAll(RUNS)) {
    for (const word of HAN.test(run) ? cutHan(run) : [run]) {
      if (isTelling(word)) words.add(word);
      if (words.size === TITLE_WORDS_MAX) return [...words];
    }
  }
  return [...words];
}

function isTelling(word: string): boolean {
  return word.length >= 2 && !NUMBER.test(word) && !STOP_WORDS.has(word);
}

/** Every two neighbouring characters: a word nearly always, and what articles on one matter share. */
export const cutPairs: CutHan = (run) => {
  const characters = [...run];
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
};

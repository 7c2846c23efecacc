import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { cutPairs, cutTitle } from "./cut-title.js";
import { SLOTS_PER_WORD, TitleWords } from "./title-words.js";
import { wordNumber } from "./word-number.js";

const [robot, towel] = ["robot", "towel"].map(wordNumber) as [number, number];

describe("TitleWords", () => {
  test("leads from articles to words, and from words to articles, the newest first", () => {
    const words = new TitleWords(cutPairs);
    words.put({ slot: 7, title: "The robot and the towel", publishedAtMs: 100 });
    words.put({ slot: 3, title: "A robot", publishedAtMs: 300 });
    words.put({ slot: 5, title: "robot robot", publishedAtMs: 200 });
    expect([...words.wordsOf(7)]).toEqual([robot, towel]);
    expect(words.slotsOf(robot)).toEqual([3, 5, 7]);
    expect(words.slotsOf(robot, 2)).toEqual([3, 5]);
    expect(words.wordsOf(1_000_000)).toHaveLength(0);
    expect(words.rarity(robot)).toBe(0);
    expect(words.rarity(towel)).toBe(1);
  });

  test("a word that no title has any more is forgotten", () => {
    const words = new TitleWords(cutPairs);
    words.put({ slot: 1, title: "robot", publishedAtMs: 1 });
    words.put({ slot: 1, title: "towel", publishedAtMs: 1 });
    expect(words.slotsOf(robot)).toEqual([]);
    expect(words.words).toBe(1);
    words.remove(1);
    expect([words.words, words.size]).toEqual([0, 0]);
  });

  test("when all places are taken, the oldest article gives its own to a newer one, but not to an older one", () => {
    const words = new TitleWords(cutPairs, { articlesMax: 2 });
    words.put({ slot: 1, title: "robot", publishedAtMs: 10 });
    words.put({ slot: 2, title: "towel", publishedAtMs: 20 });
    words.put({ slot: 3, title: "lamp", publishedAtMs: 5 });
    expect(words.has(3)).toBe(false);
    words.put({ slot: 4, title: "robot towel", publishedAtMs: 30 });
    expect([1, 2, 4].filter((slot) => words.has(slot))).toEqual([2, 4]);
    expect(words.slotsOf(robot)).toEqual([4]);
  });

  test("more words than there is room for lead nowhere, and leave as they came", () => {
    const words = new TitleWords(cutPairs, { articlesMax: 4, wordsMax: 1 });
    words.put({ slot: 1, title: "robot towel", publishedAtMs: 1 });
    words.put({ slot: 2, title: "towel", publishedAtMs: 2 });
    expect(words.slotsOf(towel)).toEqual([]);
    words.remove(1);
    words.put({ slot: 3, title: "towel", publishedAtMs: 3 });
    words.remove(2);
    expect(words.slotsOf(towel)).toEqual([3]);
  });

  test("a word leads to its newest articles only, whichever way they came", () => {
    const ascending = new TitleWords(cutPairs);
    const descending = new TitleWords(cutPairs);
    for (let slot = 0; slot < 500; slot += 1) {
      ascending.put({ slot, title: "robot", publishedAtMs: slot });
      descending.put({ slot: 499 - slot, title: "robot", publishedAtMs: 499 - slot });
    }
    const newest = Array.from({ length: SLOTS_PER_WORD }, (_, rank) => 499 - rank);
    expect(ascending.slotsOf(robot)).toEqual(newest);
    expect(descending.slotsOf(robot)).toEqual(newest);
  });

  test("says the same as a list that is searched, whatever is put and removed", () => {
    const titles = fc.array(fc.constantFrom("red", "green", "blue", "机器人", "毛巾"), { maxLength: 4 });
    const change = fc.record({ slot: fc.nat(12), at: fc.nat(20), title: titles, put: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const words = new TitleWords(cutPairs, { articlesMax: 20 });
        const naive = new Map<number, { at: number; words: string[] }>();
        for (const { slot, at, title, put } of changes) {
          if (put) words.put({ slot, title: title.join(" "), publishedAtMs: at });
          else words.remove(slot);
          if (put) naive.set(slot, { at, words: cutTitle(title.join(" "), cutPairs) });
          else naive.delete(slot);
        }
        const all = new Set([...naive.values()].flatMap((article) => article.words));
        expect([words.size, words.words]).toEqual([naive.size, all.size]);
        for (const word of all) {
          const timesOf = (slots: readonly number[]) => slots.map((slot) => naive.get(slot)?.at);
          const found = words.slotsOf(wordNumber(word));
          const expected = [...naive].filter(([, article]) => article.words.includes(word)).map(([slot]) => slot);
          expect(found.toSorted()).toEqual(expected.toSorted());
          expect(timesOf(found)).toEqual(timesOf(found).toSorted((a, b) => b! - a!));
        }
      }),
    );
  });
});

import { DecayedTable, type List, LruIndex, Neighbours } from "@headline/ranking";
import type { Listener, Method } from "./method.js";

const HOUR_MS = 3_600_000;
const HALF_LIVES_MS = [2 * HOUR_MS, 8 * HOUR_MS];
const CLICKS = 0;
const EXPOSURES = 1;
const LAST_READS = 10;

/** The simple methods every ranker has to beat, and the listener that keeps them informed. */
export function createBaselines(random: () => number): { methods: Method[]; listener: Listener } {
  const index = new LruIndex(1 << 20);
  const recent = new DecayedTable(2, HALF_LIVES_MS);
  const ever: number[] = [];
  const covisits = new Neighbours(50, 14 * 24 * HOUR_MS);
  const lastReads = new Map<number | bigint, number[]>();
  const slotOf = (article: number | bigint) => index.use(article, () => undefined);
  const read = (reader: number | bigint, slot: number, atMs: number) => {
    const last = lastReads.get(reader) ?? [];
    covisits.at(atMs);
    for (const other of last) {
      if (other === slot) continue;
      covisits.add(other, slot, 1);
      covisits.add(slot, other, 1);
    }
    lastReads.set(reader, [slot, ...last].slice(0, LAST_READS));
  };
  const listener: Listener = {
    shown: ({ articles, atMs }) => {
      recent.at(atMs);
      for (const article of articles) recent.add(slotOf(article), EXPOSURES, 1);
    },
    clicked: ({ reader, article, atMs }) => {
      const slot = slotOf(article);
      recent.at(atMs).add(slot, CLICKS, 1);
      ever[slot] = (ever[slot] ?? 0) + 1;
      read(reader, slot, atMs);
    },
    read: ({ reader, article, atMs }) => read(reader, slotOf(article), atMs),
    readFor: () => undefined,
  };
  const recentClicks = (window: number) => (list: List) => {
    recent.readAt(list.atMs);
    return list.articles.map((article) => recent.value(slotOf(article), CLICKS, window));
  };
  const clickRate = (list: List) => {
    recent.readAt(list.atMs);
    return list.articles.map((article) => {
      const slot = slotOf(article);
      return (recent.value(slot, CLICKS, 1) + 1) / (recent.value(slot, EXPOSURES, 1) + 10);
    });
  };
  const covisited = (list: List) => {
    const weights = new Map<number, number>();
    covisits.readAt(list.atMs);
    for (const slot of lastReads.get(list.reader) ?? [])
      covisits.each(slot, (other, weight) => weights.set(other, (weights.get(other) ?? 0) + weight));
    return list.articles.map((article) => weights.get(slotOf(article)) ?? 0);
  };
  const methods = [
    { name: "random", score: (list: List) => list.articles.map(() => random()) },
    { name: "all-time clicks", score: (list: List) => list.articles.map((article) => ever[slotOf(article)] ?? 0) },
    { name: "clicks, half-life 2 h", score: recentClicks(0) },
    { name: "clicks, half-life 8 h", score: recentClicks(1) },
    { name: "click rate, half-life 8 h", score: clickRate },
    { name: "co-visitation (item-kNN)", score: covisited },
  ];
  return { methods, listener };
}

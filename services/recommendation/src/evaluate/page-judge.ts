import type { Deed, List } from "@headline/ranking";
import type { Listener } from "./method.js";
import type { Impression } from "./read-log.js";
import type { ReplayedService } from "./replayed-service.js";
import { type ServedFigures, ServedPages } from "./served-pages.js";

/** Two titles with this share of their words in common say the same. */
const SAME_WORDS = 0.6;

/** Asks the service for a page where the log has one, and compares it with what was clicked. */
export class PageJudge implements Listener {
  readonly #service: ReplayedService;
  readonly #pages = new ServedPages();
  readonly #clicks = new Map<bigint, number>();
  readonly #shownAtMs = new Map<bigint, number>();
  #allClicks = 0;

  constructor(service: ReplayedService) {
    this.#service = service;
  }

  judge({ reader, atMs, clicked }: Impression): void {
    const service = this.#service;
    const explained = service.explain(reader, atMs, 10);
    const ten = explained.filter(({ position }) => position !== undefined).map(({ slot }) => slot);
    const recalled = explained.filter(({ sources }) => sources.length > 0);
    const byScore = recalled.toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0)).slice(0, 10);
    const idOf = (slot: number) => service.catalogue.articleId(slot);
    const shownAtMs = this.#shownAtMs.get(BigInt(clicked[0]!));
    this.#pages.add({
      reader,
      opened: service.openedBy(reader).size,
      ageMs: shownAtMs === undefined ? undefined : atMs - shownAtMs,
      clicked: new Set(clicked.map(BigInt)),
      ten: ten.map(idOf),
      twenty: service.page(reader, atMs, 20),
      candidates: new Set(recalled.map(({ slot }) => idOf(slot))),
      byScore: byScore.map(({ slot }) => idOf(slot)),
      shareOfClicks: ten.map((slot) => this.#shareOfClicks(idOf(slot))),
      nearDuplicates: service.hasTitles ? this.#nearDuplicates(ten) : undefined,
    });
  }

  figures(): ServedFigures {
    return this.#pages.figures();
  }

  shown({ articles, atMs }: List): void {
    for (const article of articles.map(BigInt)) if (!this.#shownAtMs.has(article)) this.#shownAtMs.set(article, atMs);
  }

  clicked({ article }: Deed): void {
    const id = BigInt(article);
    this.#clicks.set(id, (this.#clicks.get(id) ?? 0) + 1);
    this.#allClicks++;
  }

  read(): void {}

  readFor(): void {}

  /** As if each article that was ever shown had one click more. */
  #shareOfClicks(article: bigint): number {
    return ((this.#clicks.get(article) ?? 0) + 1) / (this.#allClicks + Math.max(1, this.#shownAtMs.size));
  }

  #nearDuplicates(slots: readonly number[]): number {
    const words = slots.map((slot) => new Set(this.#service.wordsOf(slot)));
    let pairs = 0;
    for (const [at, one] of words.entries()) {
      for (const other of words.slice(at + 1)) if (shareInCommon(one, other) >= SAME_WORDS) pairs++;
    }
    return pairs;
  }
}

function shareInCommon(one: ReadonlySet<number>, other: ReadonlySet<number>): number {
  const common = [...one].filter((word) => other.has(word)).length;
  const all = one.size + other.size - common;
  return all === 0 ? 0 : common / all;
}

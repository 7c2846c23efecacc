import type { HiddenArticle } from "./articles.js";
import type { Chance } from "./chance.js";
import { clickProbability, type Taste } from "./tastes.js";

/** A reader's feedback on an article that they see. */
export interface Look {
  readonly article: HiddenArticle;
  readonly clicked: boolean;
  /** Of a click. */
  readonly readMs: number;
  readonly liked: boolean;
  readonly disliked: boolean;
}

/** Share of a place's readers who also see the next one. */
const LOOKS_ON = 0.88;
const LIKED_SHARE = 0.25;
const DISLIKED_SHARE = 0.01;
/** Below this probability of a click an article may be disliked. */
const UNWANTED = 0.03;

/** One reader in front of one feed's pages: what they have looked at and clicked there so far. */
export class Reading {
  readonly #looks = new Map<number, number>();
  readonly #clicked = new Set<number>();

  constructor(
    private readonly taste: Taste,
    private readonly chance: Chance,
  ) {}

  /**
   * Goes down a page. The draws are about reader, article and place, not about the feed: two feeds that show the same
   * article at the same place have the same luck.
   */
  look(page: readonly HiddenArticle[], round: number): readonly Look[] {
    const { reader } = this.taste;
    return page
      .filter((_, place) => this.chance("look", reader, round, place) < LOOKS_ON ** place)
      .map((article) => this.#decide(article));
  }

  #decide(article: HiddenArticle): Look {
    const { reader } = this.taste;
    const { key } = article;
    const looks = this.#looks.get(key) ?? 0;
    this.#looks.set(key, looks + 1);
    const likely = clickProbability(this.taste, article, { clicked: this.#clicked.has(key) });
    const clicked = this.chance("click", reader, key, looks) < likely;
    if (clicked) this.#clicked.add(key);
    const draw = (about: string) => this.chance(about, reader, key, looks);
    return {
      article,
      clicked,
      readMs: clicked ? Math.round(3_000 + 60_000 * draw("read") * (0.2 + likely)) : 0,
      liked: clicked && draw("like") < LIKED_SHARE,
      disliked: !clicked && likely < UNWANTED && draw("dislike") < DISLIKED_SHARE,
    };
  }
}

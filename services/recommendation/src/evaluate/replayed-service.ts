import { type Among, growForest, type List, Ranker, type Training } from "@headline/ranking";
import { Catalogue } from "../catalogue/catalogue.js";
import { TitleWords } from "../catalogue/title-words.js";
import type { Candidate, FeedReader } from "../feed/candidate.js";
import type { Feed } from "../feed/feed.js";
import type { ExplainedCandidate } from "../feed/feed-trace.js";
import { NOTHING_LEARNT } from "../feed/recalls.js";
import { learnedFeed } from "../learned-feed.js";
import { Learner, RANKER_LIMITS } from "../learning/learner.js";
import { createTastes, type Tastes } from "../learning/tastes.js";
import { ANONYMOUS } from "../readers/reader-facts.js";
import { LandedEvents } from "./landed-events.js";
import type { LoggedArticle } from "./read-log.js";
import type { LogEvent } from "./timeline.js";

interface Options {
  readonly seed: number;
  readonly articles: Iterable<LoggedArticle>;
  /** Features that are left out. */
  readonly without?: readonly string[];
}

const NOTHING_SERVED: ReadonlyMap<number, number> = new Map();
const NOTHING_OPENED: ReadonlySet<number> = new Set();

/**
 * The service over a replayed log: its catalogue, learner, recalls, filters, ranking and cut, without its stores. An article is
 * published when the log first shows it or has it read. What a reader opened stays out of the reader's pages; what was only on the
 * screen does not, because another feed showed it, and showed it again.
 */
export class ReplayedService {
  readonly catalogue = new Catalogue(() => this.#nowMs);
  readonly learner: Learner;
  readonly tastes: Tastes;
  readonly feed: Feed;
  readonly #titleWords = new TitleWords();
  readonly #articles: ReadonlyMap<number, LoggedArticle>;
  readonly #landed = new LandedEvents();
  readonly #opened = new Map<number, Set<number>>();
  #nowMs = 0;

  constructor({ seed, articles, without = [] }: Options) {
    this.#articles = new Map(Array.from(articles, (article) => [article.article, article]));
    const { catalogue } = this;
    this.tastes = createTastes(catalogue, { words: this.#titleWords, textsOf: async () => new Map() });
    const ranker = new Ranker({ ...RANKER_LIMITS, seed, without });
    this.learner = new Learner({
      catalogue,
      titleWords: this.#titleWords,
      grow,
      ranker,
      consumers: this.tastes.consumers,
    });
    this.feed = learnedFeed({
      ...NOTHING_LEARNT,
      catalogue,
      titleWords: this.#titleWords,
      tastes: this.tastes,
      learner: this.learner,
      isLearned: () => true,
      onRecallFailure: (recall, cause) => {
        throw new Error(`the recall ${recall} failed`, { cause });
      },
    });
  }

  /** Learns events of one second. */
  async reveal(events: readonly LogEvent[]): Promise<void> {
    for (const event of events) {
      this.#nowMs = event.atMs;
      if (event.kind === "list") this.#show(event.impression.inview);
      else this.#publish(event.article);
      await this.learner.learn(this.#landed.of(event));
      if (event.kind === "list")
        for (const article of event.impression.clicked) this.#open(event.impression.reader, article);
      else this.#open(event.reader, event.article);
    }
  }

  /** The page that the service would answer with. */
  page(reader: number, atMs: number, size: number): bigint[] {
    return this.feed(this.#readerOf(reader, atMs), size).map(({ slot }: Candidate) => this.catalogue.articleId(slot));
  }

  /** The candidates of the page beside it. */
  explain(reader: number, atMs: number, size: number): readonly ExplainedCandidate[] {
    return this.feed.explain(this.#readerOf(reader, atMs), size);
  }

  /** Scores of the service's ranker for what was on a screen, or for a pool. */
  score({ reader, articles, atMs }: List, among: Among): ArrayLike<number> {
    return this.learner.ranker.score({ reader: BigInt(reader), articles: articles.map(BigInt), atMs }, among);
  }

  /** Slots of the articles that a reader has opened. */
  openedBy(reader: number): ReadonlySet<number> {
    return this.#opened.get(reader) ?? NOTHING_OPENED;
  }

  /** Whether the log gives any title. */
  get hasTitles(): boolean {
    return this.#titleWords.size > 0;
  }

  /** Words of an article's title, as numbers. */
  wordsOf(slot: number): Int32Array {
    return this.#titleWords.wordsOf(slot);
  }

  #readerOf(reader: number, atMs: number): FeedReader {
    this.#nowMs = atMs;
    const seen = this.openedBy(reader);
    return { ...ANONYMOUS, userId: BigInt(reader), channelId: 0, nowMs: atMs, served: NOTHING_SERVED, seen };
  }

  #show(articles: readonly number[]): void {
    for (const article of articles) this.#publish(article);
    this.catalogue.countExposures(articles.map((article) => this.catalogue.slotOf(BigInt(article))));
  }

  #publish(article: number): void {
    const articleId = BigInt(article);
    const slot = this.catalogue.slotOf(articleId);
    if (this.catalogue.isKnown(slot)) return;
    const none = { likes: 0, comments: 0, collects: 0 };
    const publishedAtMs = this.#nowMs;
    const { author, channel = 0, title } = this.#articles.get(article) ?? {};
    // Authors that a log does not name are taken for different ones.
    const authorId = author === undefined ? -articleId : BigInt(author);
    this.catalogue.put({ articleId, authorId, channelId: channel, publishedAtMs, published: true, ...none });
    if (title !== undefined) this.#titleWords.put({ slot, title, publishedAtMs });
  }

  #open(reader: number, article: number): void {
    const slot = this.catalogue.slotOf(BigInt(article));
    const opened = this.#opened.get(reader);
    if (opened === undefined) this.#opened.set(reader, new Set([slot]));
    else opened.add(slot);
  }
}

async function grow({ set, options }: Training) {
  return growForest(set, options);
}

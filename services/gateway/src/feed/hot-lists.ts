import { setTimeout as sleep } from "node:timers/promises";
import type { Recommender } from "@headline/rpc";
import { Refusal } from "@headline/service/errors";
import type { Articles, Item } from "../articles/articles.js";
import type { Pick } from "./page.js";

interface Parts {
  readonly recommender: Recommender;
  /** Limit for the recommender's answer. */
  readonly timeoutMs: number;
  readonly articles: Articles;
  readonly channelIds: () => readonly number[];
  /** What to show when the recommender never answered: the newest, from MySQL. */
  readonly newest: (channelId: number, count: number) => Promise<readonly bigint[]>;
  /** What stands in for a list that there never was: the channel's static page. */
  readonly lastResort?: (channelId: number) => HotList | undefined;
  readonly onError: (error: unknown) => void;
}

export interface HotList {
  readonly picks: readonly Pick[];
  /** Their hydrated copies, for when nobody else answers. */
  readonly items: readonly (Item | undefined)[];
}

const LIST_ARTICLES = 50;
const REFRESH_MS = 5_000;
/** While there is nothing to show. */
const FIRST_MS = 500;

/**
 * Each channel's hot list, in memory and always warm, for when the recommendation service does not answer. It is what the
 * recommender answers nobody in particular, asked for every 5 s while it lives.
 */
export class HotLists implements AsyncDisposable {
  readonly #lists = new Map<number, HotList>();
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: Parts) {}

  /** Fills the lists once and keeps them warm. */
  async start(): Promise<void> {
    await this.refresh();
    this.#running = this.#keepWarm();
  }

  /** The channel's list. @throws Refusal UNAVAILABLE when there never was one: it is the last that could be shown. */
  get(channelId: number): HotList {
    const list = this.#lists.get(channelId) ?? this.parts.lastResort?.(channelId);
    if (list !== undefined) return list;
    throw new Refusal("UNAVAILABLE", "the feed cannot be answered right now", { retryAfterSeconds: 1 });
  }

  /** Whether a feed can be shown if nobody else answers. */
  get isWarm(): boolean {
    const list = this.#lists.get(0) ?? this.parts.lastResort?.(0);
    return list?.items.some((item) => item !== undefined) ?? false;
  }

  async refresh(): Promise<void> {
    await Promise.all(
      this.parts.channelIds().map((channelId) => this.#refreshOne(channelId).catch(this.parts.onError)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #keepWarm(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await sleep(this.isWarm ? REFRESH_MS : FIRST_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.refresh();
    }
  }

  async #refreshOne(channelId: number): Promise<void> {
    const picks = await this.#hottest(channelId);
    const items = await this.#hydrated(picks.map(({ articleId }) => articleId));
    if (items.some((item) => item !== undefined)) this.#lists.set(channelId, { picks, items });
  }

  /** While MySQL is away, what Redis has of them is better than nothing. */
  async #hydrated(articleIds: readonly bigint[]): Promise<HotList["items"]> {
    const { articles, onError } = this.parts;
    try {
      return await articles.getMany(articleIds);
    } catch (error) {
      onError(error);
      return articles.remembered(articleIds);
    }
  }

  async #hottest(channelId: number): Promise<readonly Pick[]> {
    const request = { userId: 0n, channelId, articleNum: LIST_ARTICLES, timeStamp: 0n };
    try {
      const { recommends } = await this.parts.recommender.recommend(request, {
        timeoutMs: this.parts.timeoutMs,
        dryRun: true,
      });
      return recommends.map(({ articleId }) => ({ articleId, reason: "hot", track: undefined }));
    } catch (error) {
      if (this.#lists.has(channelId)) throw error; // what there is is better than the newest
      const ids = await this.parts.newest(channelId, LIST_ARTICLES);
      return ids.map((articleId) => ({ articleId, reason: "new", track: undefined }));
    }
  }
}

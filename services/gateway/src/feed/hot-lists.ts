import { ALL_CHANNELS } from "@headline/newsroom/channels";
import type { Recommender } from "@headline/recommender";
import { severalAtATime } from "@headline/service/slots";
import { poll } from "@headline/service/timing";
import type { Articles } from "../articles/articles.js";
import type { HydratedList, Items, Pick } from "./page.js";

interface Deps {
  readonly recommender: Recommender;
  /** Limit for the recommender's answer. */
  readonly timeoutMs: number;
  readonly articles: Articles;
  readonly channelIds: () => readonly number[];
  /** Ids of the newest articles in MySQL, for a recommender that never answered. */
  readonly newest: (channelId: number, count: number) => Promise<readonly bigint[]>;
  readonly onError: (error: unknown) => void;
}

const LIST_ARTICLES = 50;
const REFRESH_MS = 5_000;
/** Interval before the first list. */
const FIRST_MS = 500;
/** Channels that MySQL is asked for together, each with two statements: the rest of the pool is for readers' requests. */
const CHANNELS_AT_A_TIME = 3;

/** Hot list of each channel, in memory: the recommender's page for user 0, refreshed every 5 s. */
export class HotLists implements AsyncDisposable {
  readonly #lists = new Map<number, HydratedList>();
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly deps: Deps) {}

  /** Fills the lists once and keeps them warm. */
  async start(): Promise<void> {
    await this.refresh();
    this.#running = this.#keepWarm();
  }

  /** List of a channel; undefined until one was read. */
  get(channelId: number): HydratedList | undefined {
    return this.#lists.get(channelId);
  }

  async refresh(): Promise<void> {
    const channelIds = this.deps.channelIds();
    const answers = await Promise.allSettled(channelIds.map((channelId) => this.#recommended(channelId)));
    await severalAtATime(CHANNELS_AT_A_TIME, answers.entries(), ([index, answer]) =>
      this.#refreshOne(channelIds[index] as number, answer).catch(this.deps.onError),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  #keepWarm(): Promise<void> {
    return poll(() => this.refresh(), {
      everyMs: () => (this.#lists.has(ALL_CHANNELS) ? REFRESH_MS : FIRST_MS),
      signal: this.#stopped.signal,
      onError: this.deps.onError,
    });
  }

  async #refreshOne(channelId: number, answer: PromiseSettledResult<readonly Pick[]>): Promise<void> {
    const picks = answer.status === "fulfilled" ? answer.value : await this.#newest(channelId, answer.reason);
    const items = await this.#hydrated(picks.map(({ articleId }) => articleId));
    if (items.some((item) => item !== undefined)) this.#lists.set(channelId, { picks, items });
  }

  /** Items of the articles; those in memory while MySQL is away. */
  async #hydrated(articleIds: readonly bigint[]): Promise<Items> {
    const { articles, onError } = this.deps;
    try {
      return await articles.getMany(articleIds);
    } catch (error) {
      onError(error);
      return articles.remembered(articleIds);
    }
  }

  async #recommended(channelId: number): Promise<readonly Pick[]> {
    const { recommender, timeoutMs } = this.deps;
    const request = { userId: 0n, channelId, articleNum: LIST_ARTICLES, timeStamp: 0n };
    const { recommends } = await recommender.recommend(request, { timeoutMs, dryRun: true });
    return recommends.map(({ articleId }) => ({ articleId, reason: "hot", track: undefined }));
  }

  /** Newest articles of a channel without a list; the list of before is better. */
  async #newest(channelId: number, error: unknown): Promise<readonly Pick[]> {
    if (this.#lists.has(channelId)) throw error;
    const ids = await this.deps.newest(channelId, LIST_ARTICLES);
    return ids.map((articleId) => ({ articleId, reason: "new", track: undefined }));
  }
}

import { ALL_CHANNELS } from "@headline/newsroom/channels";
import { Refusal } from "@headline/service/errors";
import type { CountPublished, PublishedQuery } from "./count-published.js";
import type { FeedQuery } from "./feed-query.js";
import type { LastPages } from "./last-pages.js";
import type { OnDegraded } from "./log-degraded.js";
import {
  type HydratedList,
  type HydratedPage,
  type Items,
  NOTHING_MISSED,
  type Page,
  type PageRequest,
  type Pick,
} from "./page.js";

/** Lists by channel, kept in memory. */
interface Lists {
  get(channelId: number): HydratedList | undefined;
}

interface Deps {
  readonly lastPages: LastPages;
  readonly hotLists: Lists;
  readonly staticLists: Lists;
  readonly countPublished: CountPublished;
  readonly onDegraded: OnDegraded;
}

/**
 * Ladder of the feed when a dependency fails: the reader's last page, then the channel's hot list, then its static page, then
 * 503. No other module decides that an answer is degraded.
 */
export class Fallback {
  constructor(private readonly deps: Deps) {}

  /** Whether a page can be shown while every dependency is away. */
  get isWarm(): boolean {
    return this.#list(ALL_CHANNELS)?.items.some(exists) ?? false;
  }

  /** Keeps the picks of a live page as the reader's last page of the channel. */
  remember({ userId, query }: PageRequest, picks: readonly Pick[]): void {
    this.deps.lastPages.set(userId, query.channel_id, picks);
  }

  /**
   * Page in place of one that the recommender failed to return. The cursor stays, so that the reader goes on from it once the
   * recommender is back. @throws Refusal UNAVAILABLE below the last rung.
   */
  withoutRecommender({ userId, query, timeStamp, traceparent }: PageRequest, error: unknown): Page {
    this.deps.onDegraded(error, traceparent);
    const picks = this.deps.lastPages.get(userId, query.channel_id) ?? this.#listOrRefusal(query).picks;
    return {
      mode: "fallback",
      picks: picks.slice(0, query.per_page),
      exposure: "",
      timestamp: timeStamp,
      preTimestamp: timeStamp,
      hasMore: true,
      without: NOTHING_MISSED,
    };
  }

  /** Page with items that were read in time. */
  hydrated(page: Page, items: Items, query: FeedQuery): HydratedPage {
    return page.mode === "fallback" ? this.#degraded(page, items, query) : { page, items, degraded: false };
  }

  /** Page with the items in memory, the stores of articles having failed. */
  fromMemory(page: Page, items: Items, query: FeedQuery): HydratedPage {
    return this.#degraded(page, items, query);
  }

  /** Number of newer articles: by the recommender, or else of all that were published since. */
  async updates(
    live: Promise<number>,
    query: PublishedQuery,
    traceparent: string | undefined,
  ): Promise<{ count: number; degraded: boolean }> {
    try {
      return { count: await live, degraded: false };
    } catch (error) {
      this.deps.onDegraded(error, traceparent);
      return { count: await this.deps.countPublished(query), degraded: true };
    }
  }

  /** A degraded page that would be empty shows the next rung, which is hydrated. */
  #degraded(page: Page, items: Items, query: FeedQuery): HydratedPage {
    if (items.some(exists)) return { page, items, degraded: true };
    const list = this.#listOrRefusal(query);
    const picks = list.picks.slice(0, query.per_page);
    return { page: { ...page, picks, exposure: "" }, items: list.items.slice(0, query.per_page), degraded: true };
  }

  #listOrRefusal(query: FeedQuery): HydratedList {
    const list = this.#list(query.channel_id);
    if (list !== undefined) return list;
    throw new Refusal("UNAVAILABLE", "the feed cannot be answered right now", { retryAfterSeconds: 1 });
  }

  #list(channelId: number): HydratedList | undefined {
    return this.deps.hotLists.get(channelId) ?? this.deps.staticLists.get(channelId);
  }
}

function exists(item: Items[number]): boolean {
  return item !== undefined;
}

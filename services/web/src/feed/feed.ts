import { asProblem, type FeedArticle, type FeedPage, type Problem, type Updates } from "@headline/client";
import { batch, signal } from "@preact/signals";
import { noteServed } from "../articles/known-articles.js";
import { client, serverNow } from "../session/session.js";

/** A place in the feed. */
export interface FeedItem {
  readonly articleId: string;
  readonly reason: string;
  /** Token of its batch, to report it as seen; "" where exposures are not counted. */
  readonly exposure: string;
}

/** A feed as it survives a reload. */
export interface StoredFeed {
  readonly channelId: string;
  readonly items: readonly FeedItem[];
  readonly cursor: number;
  readonly since: number | undefined;
  readonly seenUpTo: string | undefined;
}

/** Batch of a page, and whether pinned articles come with it. */
interface BatchQuery {
  readonly timestamp: number;
  readonly with_top?: number;
}

type Doing = "nothing" | "starting" | "refreshing" | "loading more";

/** State at the foot of the feed when no more pages load by themselves. */
type Ending = "none" | "exhausted" | "degraded";

const PER_PAGE = 10;
/** Pages in a row without a new article, after which the feed ends. */
const EMPTY_MAX = 3;

/** One channel as this page shows it: refreshed on top, older pages below, new ones behind the oldest. */
export class Feed {
  readonly channelId: string;
  readonly items = signal<readonly FeedItem[]>([]);
  readonly doing = signal<Doing>("nothing");
  /** The error, and its retry with the same timestamp, which stays one batch. */
  readonly failure = signal<{ readonly problem: Problem; readonly retry: () => void } | undefined>(undefined);
  readonly isDegraded = signal(false);
  readonly hasRecovered = signal(false);
  readonly ending = signal<Ending>("none");
  readonly waiting = signal(0);
  /** The article that stood on top before the last refresh. */
  readonly seenUpTo = signal<string | undefined>(undefined);
  /** Scroll position of its reader. */
  scrollY = 0;

  #started = false;
  /** The timestamp of the older page that comes next; 0 when the next page is a new one. */
  #cursor = 0;
  #emptyPages = 0;
  #loading: Promise<unknown> = Promise.resolve();
  #since: number | undefined;

  constructor(channelId: string) {
    this.channelId = channelId;
  }

  static restored({ channelId, items, cursor, since, seenUpTo }: StoredFeed): Feed {
    const feed = new Feed(channelId);
    feed.#started = true;
    feed.#cursor = cursor;
    feed.#since = since;
    feed.items.value = items;
    feed.seenUpTo.value = seenUpTo;
    return feed;
  }

  /** The feed as it is stored; undefined when it is empty, degraded or longer than `itemsMax`. */
  stored(itemsMax: number): StoredFeed | undefined {
    const items = this.items.peek();
    if (!this.#started || this.isDegraded.peek() || items.length === 0 || items.length > itemsMax) return undefined;
    const { channelId } = this;
    return { channelId, items, cursor: this.#cursor, since: this.#since, seenUpTo: this.seenUpTo.peek() };
  }

  get since(): number | undefined {
    return this.doing.peek() === "nothing" ? this.#since : undefined;
  }

  start(): void {
    if (this.#started || this.doing.peek() !== "nothing") return;
    void this.#load("starting", { timestamp: serverNow(), with_top: 1 }, (page) => this.#placeFirst(page));
  }

  /** Puts a new batch on top. Returns the number of articles that were not shown before. */
  async refresh(): Promise<number | undefined> {
    if (!this.#started) {
      this.start();
      return undefined;
    }
    if (this.doing.peek() === "loading more") await this.#loading; // a request meanwhile is not ignored
    return this.#load("refreshing", { timestamp: serverNow(), with_top: 1 }, (page) => this.#placeOnTop(page));
  }

  /** Appends the next older page; behind the oldest, a new one. */
  async loadMore(): Promise<void> {
    if (!this.#started) return this.start();
    if (this.#cursor > 0)
      await this.#load("loading more", { timestamp: this.#cursor }, (page) => this.#placeOlder(page));
    else await this.#load("loading more", { timestamp: serverNow() }, (page) => this.#placeAnother(page));
  }

  noteUpdates({ count, degraded }: Updates): void {
    batch(() => {
      if (this.isDegraded.value) this.hasRecovered.value = !degraded;
      else this.waiting.value = count;
    });
    if (!degraded && this.ending.peek() === "degraded") void this.loadMore();
  }

  /** Retries the request that failed. */
  retry(): void {
    this.failure.peek()?.retry();
  }

  #load(doing: Doing, query: BatchQuery, place: (page: FeedPage) => number): Promise<number | undefined> {
    if (this.doing.peek() !== "nothing") return Promise.resolve(undefined);
    const loading = this.#loadPage(doing, query, place);
    this.#loading = loading;
    return loading;
  }

  async #loadPage(doing: Doing, query: BatchQuery, place: (page: FeedPage) => number): Promise<number | undefined> {
    batch(() => {
      this.doing.value = doing;
      this.failure.value = undefined;
    });
    try {
      const page = await client.call("feed", {
        query: { channel_id: Number(this.channelId), per_page: PER_PAGE, ...query },
      });
      return batch(() => this.#take(page, doing, place));
    } catch (error) {
      const retry = () => void this.#load(doing, query, place);
      this.failure.value = { problem: asProblem(error), retry };
      return undefined;
    } finally {
      this.doing.value = "nothing";
    }
  }

  #take(page: FeedPage, doing: Doing, place: (page: FeedPage) => number): number {
    for (const article of page.results) noteServed(article);
    this.#started = true;
    this.isDegraded.value = page.degraded;
    this.hasRecovered.value = false;
    const added = place(page);
    if (doing !== "loading more") this.#emptyPages = 0;
    else this.#emptyPages = added === 0 ? this.#emptyPages + 1 : 0;
    this.ending.value = this.#endingAfter(page, added);
    return added;
  }

  #endingAfter(page: FeedPage, added: number): Ending {
    if (page.degraded) return added === 0 ? "degraded" : "none";
    if (this.#cursor > 0) return "none";
    return page.exhausted || this.#emptyPages >= EMPTY_MAX ? "exhausted" : "none";
  }

  #placeFirst(page: FeedPage): number {
    this.#noteRefresh(page);
    this.#cursor = page.has_more ? page.pre_timestamp : 0;
    return this.#append(page);
  }

  /** Moves repeated articles up: pinned ones come with every refresh. */
  #placeOnTop(page: FeedPage): number {
    this.#noteRefresh(page);
    const before = this.items.value;
    const shown = new Set(before.map(({ articleId }) => articleId));
    const fresh = page.results.filter(({ article_id }) => !shown.has(article_id));
    const top = page.results.map((article) => itemOf(article, page.exposure));
    const moved = new Set(top.map(({ articleId }) => articleId));
    const rest = before.filter(({ articleId }) => !moved.has(articleId));
    if (fresh.length > 0) this.seenUpTo.value = rest[0]?.articleId;
    this.items.value = [...top, ...rest];
    return fresh.length;
  }

  #placeOlder(page: FeedPage): number {
    if (!page.degraded) this.#cursor = page.has_more ? page.pre_timestamp : 0;
    return this.#append(page);
  }

  #placeAnother(page: FeedPage): number {
    this.#noteRefresh(page);
    return this.#append(page);
  }

  #noteRefresh(page: FeedPage): void {
    this.#since = page.server_time;
    this.waiting.value = 0;
  }

  #append(page: FeedPage): number {
    const shown = new Set(this.items.value.map(({ articleId }) => articleId));
    const fresh = page.results.filter(({ article_id }) => !shown.has(article_id));
    this.items.value = [...this.items.value, ...fresh.map((article) => itemOf(article, page.exposure))];
    return fresh.length;
  }
}

function itemOf({ article_id, reason, trace }: FeedArticle, exposure: string): FeedItem {
  return { articleId: article_id, reason, exposure: trace.click === "" ? "" : exposure };
}

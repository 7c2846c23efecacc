import { batch, signal } from "@preact/signals";
import { asProblem, type Problem } from "../api/send.js";
import { serverNow } from "../api/server-clock.js";
import type { FedArticle, FeedPage, Updates } from "../api/wire.js";
import { noteServed } from "../articles/known-articles.js";
import { ask } from "../session/session.js";

/** A place in the feed. */
export interface FeedItem {
  readonly articleId: string;
  readonly reason: string;
  /** Of its batch, to report it as seen; "" where exposures are not counted. */
  readonly exposure: string;
}

/** A feed as it survives a reload. */
export interface KeptFeed {
  readonly channelId: string;
  readonly items: readonly FeedItem[];
  readonly cursor: number;
  readonly since: number | undefined;
  readonly seenUpTo: string | undefined;
}

type Doing = "nothing" | "starting" | "refreshing" | "loading more";

/** State at the foot of the feed when no more pages load by themselves. */
type Ending = "none" | "exhausted" | "degraded";

const PER_PAGE = 10;
/** Scrolling on without finding anything unseen ends after this many pages in a row. */
const BARREN_MAX = 3;

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
  #barren = 0;
  #loading: Promise<unknown> = Promise.resolve();
  #since: number | undefined;

  constructor(channelId: string) {
    this.channelId = channelId;
  }

  static recalled({ channelId, items, cursor, since, seenUpTo }: KeptFeed): Feed {
    const feed = new Feed(channelId);
    feed.#started = true;
    feed.#cursor = cursor;
    feed.#since = since;
    feed.items.value = items;
    feed.seenUpTo.value = seenUpTo;
    return feed;
  }

  /** Undefined where nothing stands that is worth keeping, or more than `itemsMax`. */
  kept(itemsMax: number): KeptFeed | undefined {
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

  /** Number of articles that were not shown before. */
  async refresh(): Promise<number | undefined> {
    if (!this.#started) {
      this.start();
      return undefined;
    }
    if (this.doing.peek() === "loading more") await this.#loading; // who asks meanwhile is not ignored
    return this.#load("refreshing", { timestamp: serverNow(), with_top: 1 }, (page) => this.#placeOnTop(page));
  }

  /** The next older page; behind the oldest a reader goes on with a new one. */
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

  #load(doing: Doing, query: object, place: (page: FeedPage) => number): Promise<number | undefined> {
    if (this.doing.peek() !== "nothing") return Promise.resolve(undefined);
    const loading = this.#loadPage(doing, query, place);
    this.#loading = loading;
    return loading;
  }

  async #loadPage(doing: Doing, query: object, place: (page: FeedPage) => number): Promise<number | undefined> {
    batch(() => {
      this.doing.value = doing;
      this.failure.value = undefined;
    });
    try {
      const parameters = new URLSearchParams({ channel_id: this.channelId, per_page: String(PER_PAGE) });
      for (const [name, value] of Object.entries(query)) parameters.set(name, String(Math.round(value)));
      const page = await ask<FeedPage>(`/articles?${parameters}`);
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
    if (doing !== "loading more") this.#barren = 0;
    else this.#barren = added === 0 ? this.#barren + 1 : 0;
    this.ending.value = this.#endingAfter(page, added);
    return added;
  }

  #endingAfter(page: FeedPage, added: number): Ending {
    if (page.degraded) return added === 0 ? "degraded" : "none";
    if (this.#cursor > 0) return "none";
    return page.exhausted || this.#barren >= BARREN_MAX ? "exhausted" : "none";
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
    const stood = new Set(before.map(({ articleId }) => articleId));
    const fresh = page.results.filter(({ article_id }) => !stood.has(article_id));
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
    const stand = new Set(this.items.value.map(({ articleId }) => articleId));
    const fresh = page.results.filter(({ article_id }) => !stand.has(article_id));
    this.items.value = [...this.items.value, ...fresh.map((article) => itemOf(article, page.exposure))];
    return fresh.length;
  }
}

function itemOf({ article_id, reason, trace }: FedArticle, exposure: string): FeedItem {
  return { articleId: article_id, reason, exposure: trace.click === "" ? "" : exposure };
}

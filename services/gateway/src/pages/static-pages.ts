import type { Mysql } from "@headline/mysql";
import type { Item } from "@headline/newsroom/articles";
import { type PageFormat, type PageTag, readPages, readPageTags, type StaticPage } from "@headline/newsroom/pages";
import type { Redis } from "@headline/redis";
import type { OnUnreadable } from "@headline/service/metrics";
import { poll } from "@headline/service/timing";
import type { HydratedList } from "../feed/page.js";
import { LastStaticPages } from "./last-static-pages.js";

interface Deps {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly onError: (error: unknown) => void;
  readonly onUnreadable: OnUnreadable;
}

const REFRESH_MS = 5_000;
const PAGES_AT_ONCE = 20;

/** Each channel's static pages in memory, read again when the job service has built others: they outlive every dependency. */
export class StaticPages implements AsyncDisposable {
  readonly #last: LastStaticPages;
  readonly #pages = new Map<string, StaticPage>();
  readonly #lists = new Map<number, HydratedList>();
  readonly #stopped = new AbortController();
  readonly #onUnreadable: (error: unknown) => void;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly deps: Deps) {
    this.#onUnreadable = deps.onUnreadable("static page");
    this.#last = new LastStaticPages(deps.redis, this.#onUnreadable);
  }

  /** From now on they are kept up to date. */
  start(): void {
    this.#running = this.#keepFresh();
  }

  get(channelId: number, format: PageFormat): StaticPage | undefined {
    return this.#pages.get(keyOf(channelId, format));
  }

  /** Articles of each channel's page, to make a feed of. */
  get lists(): ReadonlyMap<number, HydratedList> {
    return this.#lists;
  }

  /** Rejects when MySQL does not answer; what was known still is, and at first what gateways before this one knew. */
  async refresh(): Promise<void> {
    try {
      await this.#readChanged();
    } catch (error) {
      if (this.#pages.size === 0) await this.#recall().catch(this.deps.onError);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #readChanged(): Promise<void> {
    const { mysql, onError } = this.deps;
    const stored = await readPageTags(mysql);
    const changed = stored.filter((page) => this.get(page.channelId, page.format)?.etag !== page.etag);
    for (let from = 0; from < changed.length; from += PAGES_AT_ONCE)
      await this.#read(changed.slice(from, from + PAGES_AT_ONCE));
    const keys = new Set(stored.map(({ channelId, format }) => keyOf(channelId, format)));
    const gone = [...this.#pages.keys()].filter((key) => !keys.has(key));
    for (const key of gone) this.#pages.delete(key);
    this.#last.forget(gone).catch(onError);
  }

  async #read(changed: readonly PageTag[]): Promise<void> {
    const { mysql, onError } = this.deps;
    const channelIds = [...new Set(changed.map(({ channelId }) => channelId))];
    for (const { channelId, format, ...page } of await readPages(mysql, channelIds))
      if (this.#take(channelId, format, page)) this.#last.keep(keyOf(channelId, format), page).catch(onError);
  }

  async #recall(): Promise<void> {
    for (const [key, page] of await this.#last.recall()) {
      const [channelId, format] = key.split(" ");
      this.#take(Number(channelId), format as PageFormat, page);
    }
  }

  /** False for a page that cannot be read, in whose place the one before it stays. */
  #take(channelId: number, format: PageFormat, page: StaticPage): boolean {
    try {
      if (format === "json") this.#lists.set(channelId, toList(page.body));
      this.#pages.set(keyOf(channelId, format), page);
      return true;
    } catch (cause) {
      this.#onUnreadable(new Error(`static page ${keyOf(channelId, format)} cannot be read`, { cause }));
      return false;
    }
  }

  #keepFresh(): Promise<void> {
    const { signal } = this.#stopped;
    return poll(() => this.refresh(), { everyMs: REFRESH_MS, signal, onError: this.deps.onError });
  }
}

function keyOf(channelId: number, format: PageFormat): string {
  return `${channelId} ${format}`;
}

/** The page's articles, cut open again for a feed to put around them what is the reader's. */
function toList(body: Buffer): HydratedList {
  const { results } = (JSON.parse(body.toString()) as { data: { results: readonly Record<string, unknown>[] } }).data;
  const items = results.map(
    ({ is_top: _top, reason: _reason, trace: _trace, ...item }): Item => Buffer.from(JSON.stringify(item).slice(0, -1)),
  );
  const picks = results.map((result) => ({
    articleId: BigInt(result["article_id"] as string),
    reason: "hot",
    track: undefined,
  }));
  return { picks, items };
}

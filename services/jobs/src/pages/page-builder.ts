import type { Mysql } from "@headline/mysql";
import {
  type Article,
  loadArticles,
  NO_COUNTS,
  newestArticleIds,
  toFragment,
  toItem,
} from "@headline/newsroom/articles";
import { readChannels } from "@headline/newsroom/channels";
import { prunePages, storePage } from "@headline/newsroom/pages";
import { ARTICLE_STATISTICS, openStatistics } from "@headline/newsroom/statistics";
import type { Recommender } from "@headline/recommender";
import type { Redis } from "@headline/redis";
import type { OnUnreadable } from "@headline/service/metrics";
import { until } from "@headline/service/timing";
import { type PageArticle, type PageChannel, pageHtml } from "./page-html.js";

interface Deps {
  readonly mysql: Mysql;
  readonly redis: Redis;
  readonly recommender: Recommender;
  /** Other sites whose covers are shown. */
  readonly coverOrigins: readonly string[];
  readonly onError: (error: unknown) => void;
  readonly onUnreadable: OnUnreadable;
}

/** Result of one run. */
export interface BuildReport {
  readonly [key: string]: number;
  readonly channels: number;
  /** Pages whose bytes are new. */
  readonly changed: number;
  /** Channels without an article, which keep the page they had. */
  readonly empty: number;
}

const ARTICLES = 30;
const RECOMMEND_MS = 1_000;
const RECOMMENDER_STARTS_MS = 3_000;

/** Renders what guests see of each channel as HTML and JSON into `static_pages`, for gateways to serve. */
export class PageBuilder {
  readonly #statistics;
  readonly #onUnreadable: (error: unknown) => void;

  constructor(private readonly deps: Deps) {
    const { mysql, redis, onUnreadable } = deps;
    this.#onUnreadable = onUnreadable("article");
    this.#statistics = openStatistics(ARTICLE_STATISTICS, {
      mysql,
      redis,
      onUnreadable: onUnreadable("article-statistics"),
      localMax: 10_000,
    });
  }

  /** Builds every channel's pages; one that fails keeps the pages it had, and fails the run once all have been tried. */
  async build(signal: AbortSignal): Promise<BuildReport> {
    await this.#recommenderServes(signal);
    const channels = await readChannels(this.deps.mysql);
    const report = { channels: channels.length, changed: 0, empty: 0 };
    const failures: unknown[] = [];
    for (const channel of channels) {
      signal.throwIfAborted();
      try {
        const changed = await this.#buildOne(channel, channels);
        if (changed === undefined) report.empty += 1;
        else report.changed += changed;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} of ${channels.length} channels failed`);
    return report;
  }

  /** Removes the pages of channels that are no more; returns their number. */
  prune(): Promise<number> {
    return prunePages(this.deps.mysql);
  }

  /** A recommender that starts beside this service is waited for a little. */
  async #recommenderServes(signal: AbortSignal): Promise<void> {
    await until(() => this.deps.recommender.check(), { withinMs: RECOMMENDER_STARTS_MS, everyMs: 100, signal });
    signal.throwIfAborted();
  }

  /** Number of its two pages that changed; undefined without articles. */
  async #buildOne(channel: PageChannel, channels: readonly PageChannel[]): Promise<number | undefined> {
    const articles = await this.#articles(channel.id);
    if (articles.length === 0) return undefined;
    const html = Buffer.from(pageHtml({ channel, channels, articles, coverOrigins: this.deps.coverOrigins }));
    const json = pageJson(articles);
    const changed = await this.deps.mysql.transaction(async (tx) => [
      await storePage(tx, { channelId: channel.id, format: "html", body: html }),
      await storePage(tx, { channelId: channel.id, format: "json", body: json }),
    ]);
    return changed.filter(Boolean).length;
  }

  async #articles(channelId: number): Promise<PageArticle[]> {
    const { mysql } = this.deps;
    const ids = await this.#hottest(channelId);
    if (ids.length === 0) return [];
    const [rows, counts] = await Promise.all([
      loadArticles(mysql, ids, this.#onUnreadable),
      this.#statistics.getMany(ids),
    ]);
    return ids
      .map((id) => ({ article: rows.get(id)?.value, counts: counts.get(id) ?? NO_COUNTS }))
      .filter((found): found is PageArticle & { article: Article } => found.article !== undefined);
  }

  /** Recommendation for an anonymous reader; without the recommender, the newest. */
  async #hottest(channelId: number): Promise<readonly bigint[]> {
    const { recommender, mysql, onError } = this.deps;
    const request = { userId: 0n, channelId, articleNum: ARTICLES, timeStamp: 0n };
    try {
      const { recommends } = await recommender.recommend(request, { timeoutMs: RECOMMEND_MS, dryRun: true });
      if (recommends.length > 0) return recommends.map(({ articleId }) => articleId);
    } catch (error) {
      onError(error);
    }
    return newestArticleIds(mysql, channelId, ARTICLES);
  }
}

/** The answer of GET /articles to a guest, without cursors, tokens and time. */
function pageJson(articles: readonly PageArticle[]): Buffer {
  const head = `{"message":"OK","data":{"page":1,"per_page":${articles.length},"timestamp":0,"pre_timestamp":0,"has_more":false,"exhausted":false,"degraded":false,"exposure":"","results":[`;
  const around = `,"is_top":false,"reason":"hot","trace":{"click":"","collect":"","read":"","liking":""}}`;
  const items = articles.map(({ article, counts }) => `${toItem(toFragment(article), counts)}${around}`);
  return Buffer.from(`${head}${items.join(",")}]}}`);
}

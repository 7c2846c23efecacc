import type { Recommendation, Recommender } from "@headline/rpc";
import type { Budgets } from "../budgets.js";
import { invalid } from "../http/read.js";
import type { Breaker } from "./breaker.js";
import type { FeedQuery } from "./feed-query.js";
import type { HotLists } from "./hot-lists.js";
import type { LastPages } from "./last-pages.js";
import { NO_PICKS, type Page, type Pick } from "./page.js";
import type { PageSessions } from "./page-sessions.js";
import type { OnDegraded } from "./tell-degraded.js";

interface Parts {
  readonly recommender: Recommender;
  readonly breaker: Breaker;
  readonly budgets: Budgets;
  readonly sessions: PageSessions;
  readonly lastPages: LastPages;
  readonly hotLists: HotLists;
  readonly now: () => number;
  /** Told why the feed is degraded. */
  readonly onDegraded: OnDegraded;
  readonly onSessionError: (error: unknown) => void;
}

/** What a page is asked for. */
interface Ask {
  readonly userId: bigint;
  readonly query: FeedQuery;
  readonly timeStamp: number;
  readonly traceparent: string | undefined;
  readonly dryRun: boolean;
}

interface Options {
  readonly traceparent?: string | undefined;
  /** A page that nobody reads: nothing is recorded. */
  readonly dryRun?: boolean;
}

const NOTHING: Page["without"] = [];

const END_OF_FEED: Page = {
  mode: "end",
  picks: NO_PICKS,
  exposure: "",
  timestamp: 0,
  preTimestamp: 0,
  hasMore: false,
  exhausted: false,
  degraded: false,
  without: NOTHING,
};

/** Answers pages of readers' feeds: live, or else the reader's last page, or else the channel's hot list. */
export function createFeed(parts: Parts) {
  const { recommender, breaker, budgets, sessions, lastPages, hotLists, now, onDegraded, onSessionError } = parts;

  return async (userId: bigint, query: FeedQuery, { traceparent, dryRun = false }: Options = {}): Promise<Page> => {
    if (query.timestamp === 0) return END_OF_FEED;
    const timeStamp = query.timestamp ?? (dryRun ? now() + 1 : await timeStampOfPage(userId, query));
    const ask = { userId, query, timeStamp, traceparent, dryRun };
    try {
      const page = toPage(ask, await recommend(ask));
      if (page.picks.length > 0 && !dryRun) lastPages.set(userId, query.channel_id, page);
      return page;
    } catch (error) {
      onDegraded(error, traceparent);
      return degraded(ask);
    }
  };

  /** Page 1 is a refresh; a page served before has the time_stamp it had; the next page is a refresh that goes on. */
  async function timeStampOfPage(userId: bigint, { channel_id: channelId, page = 1 }: FeedQuery): Promise<number> {
    const nowMs = now() + 1; // later than the stamp of any page this reader has seen, so that it means a new one
    try {
      if (page === 1) {
        await sessions.begin(userId, channelId, nowMs);
        return nowMs;
      }
      const timeStamp = await sessions.claim(userId, channelId, page, nowMs);
      if (timeStamp !== undefined) return timeStamp;
    } catch (error) {
      onSessionError(error); // without Redis nobody knows which pages were served; the reader gets new ones
      return nowMs;
    }
    throw invalid("page", `must follow the last page served; pages before ${page} were not, or half an hour ago`);
  }

  function recommend({ userId, query, timeStamp, traceparent, dryRun }: Ask): Promise<Recommendation> {
    const request = {
      userId,
      channelId: query.channel_id,
      articleNum: query.per_page,
      timeStamp: BigInt(timeStamp),
    };
    const { recommendMs: timeoutMs, recommendAttemptMs: attemptMs } = budgets;
    return breaker(() => recommender.recommend(request, { timeoutMs, attemptMs, traceparent, dryRun }));
  }

  /** The cursor stays where it was, so that the reader goes on from there once the service is back. */
  function degraded({ userId, query, timeStamp }: Ask): Page {
    const stayed = { timestamp: timeStamp, preTimestamp: timeStamp, hasMore: true, exhausted: false, degraded: true };
    const picks = lastPages.get(userId, query.channel_id) ?? hotLists.get(query.channel_id).picks;
    return { ...stayed, mode: "fallback", picks: picks.slice(0, query.per_page), exposure: "", without: NOTHING };
  }
}

export type Feed = ReturnType<typeof createFeed>;

function toPage({ query, timeStamp }: Ask, answer: Recommendation): Page {
  const preTimestamp = Number(answer.timeStamp);
  const exhausted = answer.mode === "exhausted";
  const byCursor = query.timestamp !== undefined;
  const picks: Pick[] = answer.recommends.map(({ articleId, track }, index) => ({
    articleId,
    track,
    reason: answer.reasons[index] ?? "unspecified",
  }));
  return {
    mode: answer.mode,
    picks,
    exposure: answer.exposure,
    timestamp: byCursor || answer.stamp === 0n ? timeStamp : Number(answer.stamp),
    preTimestamp,
    hasMore: byCursor ? preTimestamp > 0 : answer.mode === "replay" || picks.length >= query.per_page,
    exhausted,
    degraded: false,
    without: answer.without ?? NOTHING,
  };
}

import type { ExplainedArticle, ExplainFeedRequest, ExplainFeedResponse, Interest } from "@headline/recommender";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { Channels } from "../catalogue/channels.js";
import type { FeedReader } from "../feed/candidate.js";
import type { Experiments } from "../feed/experiments.js";
import type { Feed } from "../feed/feed.js";
import type { ExplainedCandidate } from "../feed/feed-trace.js";
import { servedCutoffMs } from "../feed/filters.js";
import type { HistoryStore } from "../history/history-store.js";
import type { Learner } from "../learning/learner.js";
import type { ReaderFacts } from "../readers/reader-facts.js";
import { readFeedRequest } from "./feed-request.js";

interface Deps {
  readonly catalogue: Catalogue;
  readonly channels: Channels;
  readonly histories: HistoryStore;
  readonly loadReader: (userId: bigint) => ReaderFacts | Promise<ReaderFacts>;
  readonly feed: Feed;
  readonly experiments: Experiments;
  readonly learner: Learner;
  /** Interests of a reader in words, the strongest first. */
  readonly interestsOf: (userId: bigint, nowMs: number) => Promise<readonly Interest[]>;
  readonly now: () => number;
}

const NOTHING_SERVED: ReadonlyMap<number, number> = new Map();
/** Candidates for which the measures of the online ranker are returned. */
const MEASURED_MAX = 60;

/** ExplainFeed: the feed that user_recommend would choose now, by the same code, with every candidate's sources, score and place. */
export function createExplainFeed(deps: Deps) {
  const { catalogue, channels, histories, loadReader, feed, experiments, learner, interestsOf, now } = deps;

  return async ({ userId, channelId, articleNum }: ExplainFeedRequest): Promise<ExplainFeedResponse> => {
    const request = readFeedRequest(
      { userId, channelId, articleNum, timeStamp: 0n },
      { dryRun: true },
      channels,
      now(),
    );
    const from = servedCutoffMs(request.arrivedMs);
    const served = userId === 0n ? NOTHING_SERVED : (await histories.current(userId)).servedFrom(from);
    const reader: FeedReader = { userId, channelId, nowMs: request.arrivedMs, served, ...(await loadReader(userId)) };
    const candidates = feed.explain(reader, request.size);
    const measures = measuresOf(candidates, reader);
    const { name: algo, bucket } = experiments(userId);
    return {
      algo,
      bucket,
      learnedUpTo: learner.position,
      clicksLearned: BigInt(learner.clicks),
      candidates: candidates.map((candidate) => explained(candidate, measures.get(candidate.slot))),
      interests: [...(await interestsOf(userId, request.arrivedMs))],
    };
  };

  function measuresOf(candidates: readonly ExplainedCandidate[], reader: FeedReader) {
    const slots = candidates.filter(({ sources }) => sources.length > 0).map(({ slot }) => slot);
    const measured = slots.slice(0, MEASURED_MAX);
    if (measured.length === 0) return new Map<number, Readonly<Record<string, number>>>();
    const articles = measured.map((slot) => catalogue.articleId(slot));
    const explanations = learner.ranker.explain({ reader: reader.userId, articles, atMs: reader.nowMs }, "pool");
    return new Map(measured.map((slot, index) => [slot, explanations[index]?.measures ?? {}]));
  }

  function explained(
    { slot, sources, parts: scoreParts, score, position, droppedBy }: ExplainedCandidate,
    measures: Readonly<Record<string, number>> = {},
  ): ExplainedArticle {
    return {
      articleId: catalogue.articleId(slot),
      sources: [...sources],
      score: score ?? 0,
      parts: { ...scoreParts },
      measures: finite(measures),
      position: position === undefined ? 0 : position + 1,
      droppedBy: droppedBy ?? "",
    };
  }
}

/** Leaves out measures that were not taken. */
function finite(measures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(measures).filter(([, value]) => Number.isFinite(value)));
}

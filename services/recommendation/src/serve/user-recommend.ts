import type { Recommend } from "@headline/recommender";
import { Refusal } from "@headline/service/errors";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { Channels } from "../catalogue/channels.js";
import type { Candidate } from "../feed/candidate.js";
import type { Feed } from "../feed/feed.js";
import { servedCutoffMs } from "../feed/filters.js";
import type { Batch } from "../history/batch.js";
import { type Decision, decide } from "../history/decide.js";
import { History } from "../history/history.js";
import type { HistoryStore } from "../history/history-store.js";
import { ANONYMOUS, type ReaderFacts } from "../readers/reader-facts.js";
import { type FeedRequest, readFeedRequest } from "./feed-request.js";
import {
  coalesced,
  continued,
  END_OF_HISTORY,
  exhausted,
  type NewBatch,
  type Outcome,
  refreshed,
  stored,
} from "./outcome.js";
import type { Present } from "./present.js";
import { SingleFlight } from "./single-flight.js";

interface Deps {
  readonly catalogue: Catalogue;
  readonly channels: Channels;
  readonly feed: Feed;
  readonly histories: HistoryStore;
  /** Facts about the reader; never fails. */
  readonly loadReader: (userId: bigint) => ReaderFacts | Promise<ReaderFacts>;
  /** Reads these articles into the catalogue, within a limit; never fails. */
  readonly loadArticles: (articleIds: readonly bigint[]) => Promise<void>;
  readonly present: Present;
  readonly now: () => number;
}

/** History of a reader. */
interface KnownHistory {
  readonly history: History;
  /** True when it was read for this call; false when it was in memory, and may be out of date. */
  readonly isFresh: boolean;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * Each attempt after the first means that another batch of the same reader was recorded meanwhile: as many as an app that opens
 * all its channels at once can make.
 */
const ATTEMPTS_MAX = 32;

/**
 * Handler of user_recommend: looks up the time_stamp in the reader's history; then returns a batch that was served, or chooses
 * and records a new one, the newest or behind the oldest (docs/time-stamp.md). Recording is one compare-and-set; the loser returns
 * the winner's batch.
 *
 * A refresh is not aborted with its call: others may wait for it, and a retry finds its batch.
 */
export function createUserRecommend(deps: Deps): Recommend {
  const { catalogue, channels, feed, histories, loadReader, loadArticles, present, now } = deps;
  const flights = new SingleFlight();

  return async (userRequest, context) => {
    const request = readFeedRequest(userRequest, context, channels, now());
    if (context.deadlineMs === 0) throw new Refusal("DEADLINE_EXCEEDED", "the deadline passed before the work began");
    const outcome = await answer(request);
    if (outcome.batch === undefined || outcome.mode === "refresh") return present(request, outcome);
    await loadMissing(outcome.batch);
    const { blockList, without } = await loadReader(request.userId); // blocked or disliked since it was served
    return present(request, { ...outcome, without: outcome.without ?? without }, blockList);
  };

  async function answer(request: FeedRequest): Promise<Outcome> {
    if (request.userId === 0n) return anonymousPage(request);
    // A history in memory may be out of date. A refresh finds that when it records; everything else reads first.
    const remembered = request.dryRun ? undefined : histories.remembered(request.userId);
    if (remembered !== undefined && isNew(decideOn(remembered, request)))
      return refreshOnce(request, { history: remembered, isFresh: false });
    const history = await histories.current(request.userId);
    const found = fromHistory(request, history);
    if (found !== undefined) return found;
    return request.dryRun ? dryRun(request, history) : refreshOnce(request, { history, isFresh: true });
  }

  /** Returns the stored batch of the request; undefined when the request is for a new one. */
  function fromHistory(request: FeedRequest, history: History): Outcome | undefined {
    const decision = decideOn(history, request);
    if (decision.kind === "refresh" || decision.kind === "continue") return undefined;
    return decision.batch === undefined ? END_OF_HISTORY : stored(decision.kind, history, decision.batch);
  }

  /** Refreshes, or waits for the same refresh that is under way in this process. */
  function refreshOnce(request: FeedRequest, known: KnownHistory): Promise<Outcome> {
    const continues = continuesIn(known.history, request);
    const running = flights.find(request.userId, request.channelId, continues);
    if (running !== undefined) return outcomeOfOther(request, running);
    return flights.keep(request.userId, request.channelId, continues, refresh(request, known));
  }

  /** Returns the outcome of another request's refresh: its new batch, unless either of them asked for an older one. */
  async function outcomeOfOther(request: FeedRequest, running: Promise<Outcome>): Promise<Outcome> {
    const outcome = await running;
    const history = histories.remembered(request.userId) ?? (await histories.current(request.userId));
    const found = fromHistory(request, history);
    const isNewBatch = outcome.mode !== "replay" && outcome.mode !== "history";
    if (isNewBatch && (found === undefined || (found.batch && found.batch.stamp === outcome.batch?.stamp))) {
      return coalesced(outcome);
    }
    return found ?? refreshOnce(request, { history, isFresh: true });
  }

  async function refresh(request: FeedRequest, known: KnownHistory): Promise<Outcome> {
    let { history, isFresh } = known;
    const loading = isNewGuest(request, history) ? ANONYMOUS : loadReader(request.userId);
    const reader = loading instanceof Promise ? await loading : loading;
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const previous = newestStamp(history, request);
      const continues = continuesIn(history, request);
      const picks = choose(request, history, reader, continues);
      if (picks.length === 0) {
        const current = await histories.current(request.userId);
        if (current.version === history.version) return exhausted(continues ? 0 : previous);
        history = current;
      } else {
        const made = newBatch(request, history, picks, continues);
        const outcome = await histories.record(request.userId, history, made.batch, now());
        if (outcome.recorded) {
          catalogue.countExposures(made.batch.slots);
          return { ...made, without: reader.without };
        }
        history = outcome.history;
      }
      // A history in memory may have been out of date for long; one that was read by this call lost a race.
      const served = isFresh ? afterLostRace(request, history, previous) : fromHistory(request, history);
      if (served !== undefined) return served;
      isFresh = true;
    }
    throw new Refusal("UNAVAILABLE", "this reader's feed is being refreshed in too many places at once", {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  /** Returns the winner's batch if it is of the same channel, unless this request is for an older one. */
  function afterLostRace(request: FeedRequest, history: History, previous: number): Outcome | undefined {
    const found = fromHistory(request, history);
    const winner = history.inChannel(request.channelId).at(-1);
    if (winner === undefined || winner.stamp <= previous || continuesIn(history, request)) return found;
    return found === undefined || found.batch === winner ? stored("coalesced", history, winner) : found;
  }

  /** Chooses without recording. */
  async function dryRun(request: FeedRequest, history: History): Promise<Outcome> {
    const reader = await loadReader(request.userId);
    const continues = continuesIn(history, request);
    const picks = choose(request, history, reader, continues);
    if (picks.length > 0) return { ...newBatch(request, history, picks, continues), without: reader.without };
    return exhausted(continues ? 0 : newestStamp(history, request));
  }

  /** Page of user 0: a mix of hot and new articles, which is not recorded. */
  function anonymousPage(request: FeedRequest): Outcome {
    const none = new History();
    const picks = choose(request, none, ANONYMOUS, false);
    return picks.length === 0 ? exhausted(0) : { ...newBatch(request, none, picks, false), nextStamp: 0 };
  }

  function choose(
    request: FeedRequest,
    history: History,
    known: ReaderFacts,
    continues: boolean,
  ): readonly Candidate[] {
    const { userId, channelId, size, arrivedMs } = request;
    const served = continues ? history.served : history.servedFrom(servedCutoffMs(arrivedMs));
    return feed({ userId, channelId, nowMs: arrivedMs, served, onlyUnserved: continues, ...known }, size);
  }

  /** Loads articles of a batch that are not in the catalogue: they may have been deleted before this process started. */
  async function loadMissing({ slots }: Batch): Promise<void> {
    const unknown = slots.filter((slot) => !catalogue.isKnown(slot));
    if (unknown.length > 0) await loadArticles(Array.from(unknown, (slot) => catalogue.articleId(slot)));
  }

  /** Outcome once its batch is recorded; a continued batch has the stamp `request.timeStamp`. */
  function newBatch(request: FeedRequest, history: History, picks: readonly Candidate[], continues: boolean): NewBatch {
    const newStamp = history.nextStamp(now());
    const { channelId, timeStamp } = request;
    const slots = Int32Array.from(picks, ({ slot }) => slot);
    const reasons = Uint8Array.from(picks, ({ reason }) => reason);
    if (!continues) {
      return refreshed({ stamp: newStamp, timeStamp, channelId, slots, reasons }, newestStamp(history, request));
    }
    const batch = { stamp: timeStamp, timeStamp, continuedAt: newStamp, channelId, slots, reasons };
    return continued(batch, history.inChannel(channelId));
  }
}

/** True for a guest without history, who has seen, disliked and blocked nothing. */
function isNewGuest({ userId }: FeedRequest, history: History): boolean {
  return userId < 0n && history.version === 0;
}

function newestStamp(history: History, request: FeedRequest): number {
  return history.inChannel(request.channelId).at(-1)?.stamp ?? 0;
}

function continuesIn(history: History, request: FeedRequest): boolean {
  return decideOn(history, request).kind === "continue";
}

function isNew({ kind }: Decision): boolean {
  return kind === "refresh" || kind === "continue";
}

function decideOn(history: History, request: FeedRequest) {
  return decide(history.inChannel(request.channelId), request.timeStamp, request.arrivedMs);
}

import type { Recommend } from "@headline/recommender";
import { Refusal } from "@headline/service/errors";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { Channels } from "../catalogue/channels.js";
import type { Candidate } from "../feed/candidate.js";
import type { Feed } from "../feed/feed.js";
import { servedMattersFrom } from "../feed/filters.js";
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
import { Refreshes } from "./refreshes.js";

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

/** A history to refresh from, and whether it was read for this call or remembered from another. */
interface Known {
  readonly history: History;
  readonly readNow: boolean;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * Each attempt after the first means that another batch of the same reader was recorded meanwhile: as many as an app that opens
 * all its channels at once can make.
 */
const ATTEMPTS_MAX = 32;

/**
 * user_recommend: read the time_stamp against the reader's history; then answer a batch that was served, or choose and
 * record a new one, on top or behind the oldest (docs/time-stamp.md). Recording is one compare-and-set; the loser answers the winner's batch.
 *
 * A refresh goes on when its caller has gone: others may wait for it, and the retry finds its batch.
 */
export function createUserRecommend(deps: Deps): Recommend {
  const { catalogue, channels, feed, histories, loadReader, loadArticles, present, now } = deps;
  const refreshes = new Refreshes();

  return async (request, context) => {
    const ask = readFeedRequest(request, context, channels, now());
    if (context.deadlineMs === 0) throw new Refusal("DEADLINE_EXCEEDED", "the deadline passed before the work began");
    const outcome = await answer(ask);
    if (outcome.batch === undefined || outcome.mode === "refresh") return present(ask, outcome);
    await learnUnknown(outcome.batch);
    const { blockList, without } = await loadReader(ask.userId); // blocked or disliked since it was served
    return present(ask, { ...outcome, without: outcome.without ?? without }, blockList);
  };

  async function answer(ask: FeedRequest): Promise<Outcome> {
    if (ask.userId === 0n) return stateless(ask);
    // What is remembered may be out of date. A refresh finds out when it records; everything else looks first.
    const remembered = ask.dryRun ? undefined : histories.remembered(ask.userId);
    if (remembered !== undefined && isNew(decideOn(remembered, ask)))
      return refreshTogether(ask, { history: remembered, readNow: false });
    const history = await histories.current(ask.userId);
    const found = fromHistory(ask, history);
    if (found !== undefined) return found;
    return ask.dryRun ? rehearse(ask, history) : refreshTogether(ask, { history, readNow: true });
  }

  /** The stored batch that is asked for, or undefined when a new one is. */
  function fromHistory(ask: FeedRequest, history: History): Outcome | undefined {
    const decision = decideOn(history, ask);
    if (decision.kind === "refresh" || decision.kind === "continue") return undefined;
    return decision.batch === undefined ? END_OF_HISTORY : stored(decision.kind, history, decision.batch);
  }

  /** Duplicates of a refresh that is under way in this process wait for it instead of racing it. */
  function refreshTogether(ask: FeedRequest, known: Known): Promise<Outcome> {
    const continues = continuesIn(known.history, ask);
    const running = refreshes.of(ask.userId, ask.channelId, continues);
    if (running !== undefined) return behind(ask, running);
    return refreshes.keep(ask.userId, ask.channelId, continues, refresh(ask, known));
  }

  /** Outcome for a request that waited for another's refresh: its new batch, unless either of them asked for an older one. */
  async function behind(ask: FeedRequest, running: Promise<Outcome>): Promise<Outcome> {
    const outcome = await running;
    const history = histories.remembered(ask.userId) ?? (await histories.current(ask.userId));
    const found = fromHistory(ask, history);
    const wasMade = outcome.mode !== "replay" && outcome.mode !== "history";
    if (wasMade && (found === undefined || (found.batch && found.batch.stamp === outcome.batch?.stamp))) {
      return coalesced(outcome);
    }
    return found ?? refreshTogether(ask, { history, readNow: true });
  }

  async function refresh(ask: FeedRequest, known: Known): Promise<Outcome> {
    let { history, readNow } = known;
    const loading = isNewGuest(ask, history) ? ANONYMOUS : loadReader(ask.userId);
    const reader = loading instanceof Promise ? await loading : loading;
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const previous = newestStamp(history, ask);
      const continues = continuesIn(history, ask);
      const picks = choose(ask, history, reader, continues);
      if (picks.length === 0) {
        const current = await histories.current(ask.userId);
        if (current.version === history.version) return exhausted(continues ? 0 : previous);
        history = current;
      } else {
        const made = newBatch(ask, history, picks, continues);
        const outcome = await histories.record(ask.userId, history, made.batch, now());
        if (outcome.recorded) {
          catalogue.countExposures(made.batch.slots);
          return { ...made, without: reader.without };
        }
        history = outcome.history;
      }
      // What was remembered may have been out of date for long; what was read by this call lost a race.
      const served = readNow ? afterLosing(ask, history, previous) : fromHistory(ask, history);
      if (served !== undefined) return served;
      readNow = true;
    }
    throw new Refusal("UNAVAILABLE", "this reader's feed is being refreshed in too many places at once", {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  /** The batch of the race's winner, if it was for the same channel, unless this ask turns out to mean an older one. */
  function afterLosing(ask: FeedRequest, history: History, previous: number): Outcome | undefined {
    const found = fromHistory(ask, history);
    const winner = history.inChannel(ask.channelId).at(-1);
    if (winner === undefined || winner.stamp <= previous || continuesIn(history, ask)) return found;
    return found === undefined || found.batch === winner ? stored("coalesced", history, winner) : found;
  }

  /** A dry run: everything but the recording. */
  async function rehearse(ask: FeedRequest, history: History): Promise<Outcome> {
    const reader = await loadReader(ask.userId);
    const continues = continuesIn(history, ask);
    const picks = choose(ask, history, reader, continues);
    if (picks.length > 0) return { ...newBatch(ask, history, picks, continues), without: reader.without };
    return exhausted(continues ? 0 : newestStamp(history, ask));
  }

  /** Page of user 0: a mix of hot and new, the same for all requests of the moment, recorded nowhere. */
  function stateless(ask: FeedRequest): Outcome {
    const none = new History();
    const picks = choose(ask, none, ANONYMOUS, false);
    return picks.length === 0 ? exhausted(0) : { ...newBatch(ask, none, picks, false), nextStamp: 0 };
  }

  function choose(ask: FeedRequest, history: History, known: ReaderFacts, continues: boolean): readonly Candidate[] {
    const { userId, channelId, size, arrivedMs } = ask;
    const served = continues ? history.served : history.servedFrom(servedMattersFrom(arrivedMs));
    return feed({ userId, channelId, nowMs: arrivedMs, served, onlyUnserved: continues, ...known }, size);
  }

  /** Articles served before this process started may have been deleted before it, too. */
  async function learnUnknown({ slots }: Batch): Promise<void> {
    const unknown = slots.filter((slot) => !catalogue.isKnown(slot));
    if (unknown.length > 0) await loadArticles(Array.from(unknown, (slot) => catalogue.articleId(slot)));
  }

  /** The outcome once its batch is recorded; `ask.timeStamp` is the stamp of a continued one. */
  function newBatch(ask: FeedRequest, history: History, picks: readonly Candidate[], continues: boolean): NewBatch {
    const moment = history.nextStamp(now());
    const { channelId, timeStamp } = ask;
    const slots = Int32Array.from(picks, ({ slot }) => slot);
    const reasons = Uint8Array.from(picks, ({ reason }) => reason);
    if (!continues) {
      return refreshed({ stamp: moment, timeStamp, channelId, slots, reasons }, newestStamp(history, ask));
    }
    const batch = { stamp: timeStamp, timeStamp, continuedAt: moment, channelId, slots, reasons };
    return continued(batch, history.inChannel(channelId));
  }
}

/** A guest without history has seen, disliked and blocked nothing. */
function isNewGuest({ userId }: FeedRequest, history: History): boolean {
  return userId < 0n && history.version === 0;
}

function newestStamp(history: History, ask: FeedRequest): number {
  return history.inChannel(ask.channelId).at(-1)?.stamp ?? 0;
}

function continuesIn(history: History, ask: FeedRequest): boolean {
  return decideOn(history, ask).kind === "continue";
}

function isNew({ kind }: Decision): boolean {
  return kind === "refresh" || kind === "continue";
}

function decideOn(history: History, ask: FeedRequest) {
  return decide(history.inChannel(ask.channelId), ask.timeStamp, ask.arrivedMs);
}

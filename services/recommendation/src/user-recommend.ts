import { Refusal } from "@headline/errors";
import type { Recommend } from "@headline/rpc";
import { type Ask, readAsk } from "./ask.js";
import type { Catalogue } from "./catalogue/catalogue.js";
import type { Channels } from "./catalogue/channels.js";
import type { Candidate } from "./feed/candidate.js";
import type { Feed } from "./feed/feed.js";
import type { Batch } from "./history/batch.js";
import { decide } from "./history/decide.js";
import { History } from "./history/history.js";
import type { HistoryStore } from "./history/history-store.js";
import { coalesced, END_OF_HISTORY, exhausted, type Outcome, refreshed, stored } from "./outcome.js";
import type { Present } from "./present.js";

interface Parts {
  readonly catalogue: Catalogue;
  readonly channels: Channels;
  readonly feed: Feed;
  readonly histories: HistoryStore;
  /** Whom the reader follows; an empty set when that cannot be known. */
  readonly followsOf: (userId: bigint) => ReadonlySet<bigint> | Promise<ReadonlySet<bigint>>;
  readonly present: Present;
  readonly now: () => number;
}

/** Each attempt after the first means that another process recorded for the same reader in between. */
const ATTEMPTS_MAX = 5;

/**
 * user_recommend: read the time_stamp against the reader's history; then answer a batch that was served, or choose and
 * record a new one (docs/time-stamp.md). Recording is one compare-and-set; who loses it answers the winner's batch.
 */
export function createUserRecommend(parts: Parts): Recommend {
  const { catalogue, channels, feed, histories, followsOf, present, now } = parts;
  const refreshing = new Map<string, Promise<Outcome>>();

  return async (request, context) => {
    const ask = readAsk(request, context.dryRun, channels, now());
    context.signal.throwIfAborted();
    return present(ask, await answer(ask));
  };

  async function answer(ask: Ask): Promise<Outcome> {
    if (ask.userId === 0n) return stateless(ask);
    // What is remembered may be out of date. A refresh finds out when it records; everything else looks first.
    const remembered = histories.remembered(ask.userId);
    if (remembered !== undefined && decideOn(remembered, ask).kind === "refresh")
      return refreshTogether(ask, remembered);
    const history = await histories.current(ask.userId);
    return fromHistory(ask, history) ?? refreshTogether(ask, history);
  }

  /** The stored batch that is asked for, or undefined when a new one is. */
  function fromHistory(ask: Ask, history: History): Outcome | undefined {
    const decision = decideOn(history, ask);
    if (decision.kind === "refresh") return undefined;
    return decision.batch === undefined ? END_OF_HISTORY : stored(decision.kind, history, decision.batch);
  }

  /** Duplicates of a refresh that is under way in this process wait for it instead of racing it. */
  function refreshTogether(ask: Ask, history: History): Promise<Outcome> {
    if (ask.dryRun) return rehearse(ask);
    const key = `${ask.userId} ${ask.channelId}`;
    const running = refreshing.get(key);
    if (running !== undefined) return running.then(coalesced);
    const mine = refresh(ask, history).finally(() => refreshing.delete(key));
    refreshing.set(key, mine);
    return mine;
  }

  async function refresh(ask: Ask, history: History): Promise<Outcome> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const picks = await choose(ask, history);
      if (picks.length === 0) return exhausted(newestStamp(await histories.current(ask.userId), ask));
      const previous = newestStamp(history, ask);
      const batch = newBatch(ask, history, picks);
      const outcome = await histories.record(ask.userId, history, batch, now());
      if (outcome.recorded) {
        catalogue.countExposures(batch.slots);
        return refreshed(batch, previous);
      }
      history = outcome.history;
      const winner = history.inChannel(ask.channelId).at(-1);
      if (winner !== undefined && winner.stamp >= ask.arrivedMs) return stored("coalesced", history, winner);
      const found = fromHistory(ask, history);
      if (found !== undefined) return found;
    }
    throw new Refusal("UNAVAILABLE", "this reader's feed is being refreshed in too many places at once");
  }

  /** A dry run: everything but the recording. */
  async function rehearse(ask: Ask): Promise<Outcome> {
    const history = await histories.current(ask.userId);
    const previous = newestStamp(history, ask);
    const picks = await choose(ask, history);
    return picks.length === 0 ? exhausted(previous) : refreshed(newBatch(ask, history, picks), previous);
  }

  /** Nobody in particular: a mix of hot and new, the same for all who ask now, recorded nowhere. */
  async function stateless(ask: Ask): Promise<Outcome> {
    const nobody = new History();
    const picks = await choose(ask, nobody);
    return picks.length === 0 ? exhausted(0) : refreshed(newBatch(ask, nobody, picks), 0);
  }

  async function choose(
    { userId, channelId, size, arrivedMs }: Ask,
    { served }: History,
  ): Promise<readonly Candidate[]> {
    const known = followsOf(userId);
    const follows = known instanceof Promise ? await known : known;
    return feed({ userId, channelId, nowMs: arrivedMs, follows, served }, size);
  }

  function newBatch(ask: Ask, history: History, picks: readonly Candidate[]): Batch {
    return {
      stamp: Math.max(now(), history.version + 1),
      timeStamp: ask.timeStamp,
      channelId: ask.channelId,
      slots: Int32Array.from(picks, ({ slot }) => slot),
      reasons: Uint8Array.from(picks, ({ reason }) => reason),
    };
  }
}

function newestStamp(history: History, ask: Ask): number {
  return history.inChannel(ask.channelId).at(-1)?.stamp ?? 0;
}

function decideOn(history: History, ask: Ask) {
  return decide(history.inChannel(ask.channelId), ask.timeStamp, ask.arrivedMs);
}

import type { CountUpdatesRequest, CountUpdatesResponse } from "@headline/recommender";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { Channels } from "../catalogue/channels.js";
import type { Filter } from "../feed/candidate.js";
import { servedCutoffMs } from "../feed/filters.js";
import { newestOfAge } from "../feed/recall/fresh.js";
import type { HistoryStore } from "../history/history-store.js";
import type { ReaderFacts } from "../readers/reader-facts.js";
import { unknownChannel } from "./feed-request.js";

interface Deps {
  readonly catalogue: Catalogue;
  readonly channels: Channels;
  readonly filters: readonly Filter[];
  readonly histories: HistoryStore;
  readonly loadReader: (userId: bigint) => ReaderFacts | Promise<ReaderFacts>;
  readonly now: () => number;
}

const COUNT_MAX = 100;
const NOTHING_SERVED: ReadonlyMap<number, number> = new Map();

/** Counts articles published after a moment that a refresh could bring. Reads only; stops at 100. */
export function createCountUpdates({ catalogue, channels, filters, histories, loadReader, now }: Deps) {
  return async ({ userId, channelId, since }: CountUpdatesRequest): Promise<CountUpdatesResponse> => {
    if (!channels.has(channelId)) throw unknownChannel(channelId);
    const nowMs = now();
    const served = userId === 0n ? NOTHING_SERVED : (await histories.current(userId)).servedFrom(servedCutoffMs(nowMs));
    const reader = { userId, channelId, nowMs, served, ...(await loadReader(userId)) };
    const newer = newestOfAge(catalogue, reader, Number(since));
    let count = 0;
    for (let rank = 0; rank < newer.size && count < COUNT_MAX; rank += 1) {
      const slot = newer.at(rank);
      if (filters.every((filter) => filter(slot, reader, catalogue))) count += 1;
    }
    return { count };
  };
}

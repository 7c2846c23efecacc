import type { CountUpdatesRequest, CountUpdatesResponse } from "@headline/rpc";
import { unknownChannel } from "./ask.js";
import type { Catalogue } from "./catalogue/catalogue.js";
import type { Channels } from "./catalogue/channels.js";
import type { Filter } from "./feed/candidate.js";
import { newestOfAge } from "./feed/recall/fresh.js";
import type { HistoryStore } from "./history/history-store.js";

interface Parts {
  readonly catalogue: Catalogue;
  readonly channels: Channels;
  readonly filters: readonly Filter[];
  readonly histories: HistoryStore;
  readonly now: () => number;
}

const COUNT_MAX = 100;
const NOTHING_SERVED: ReadonlySet<number> = new Set();

/** Counts what a refresh could bring that was published after a moment. Reads only; stops at 100. */
export function createCountUpdates({ catalogue, channels, filters, histories, now }: Parts) {
  return async ({ userId, channelId, since }: CountUpdatesRequest): Promise<CountUpdatesResponse> => {
    if (!channels.has(channelId)) throw unknownChannel(channelId);
    const served = userId === 0n ? NOTHING_SERVED : (await histories.current(userId)).served;
    const reader = { userId, channelId, nowMs: now(), follows: new Set<bigint>(), served };
    const newer = newestOfAge(catalogue, reader, Number(since));
    let count = 0;
    for (let rank = 0; rank < newer.size && count < COUNT_MAX; rank += 1) {
      const slot = newer.at(rank);
      if (filters.every((filter) => filter(slot, reader, catalogue))) count += 1;
    }
    return { count };
  };
}

import { Refusal } from "@headline/errors";
import type { CountUpdatesRequest, CountUpdatesResponse } from "@headline/rpc";
import type { Catalogue } from "./catalogue/catalogue.js";
import type { Channels } from "./catalogue/channels.js";
import type { Filter } from "./feed/candidate.js";
import { AGE_MAX_MS } from "./feed/filters.js";
import { newestWithin } from "./feed/recall/first-kept.js";
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
    if (!channels.has(channelId)) throw new Refusal("INVALID_ARGUMENT", `channel_id: ${channelId} is not a channel`);
    const served = userId === 0n ? NOTHING_SERVED : (await histories.current(userId)).served;
    const reader = { userId, channelId, nowMs: now(), follows: new Set<bigint>(), served };
    const afterMs = Math.max(Number(since), reader.nowMs - AGE_MAX_MS - 1);
    const newer = newestWithin(catalogue.shelf(channelId).fresh, afterMs, reader.nowMs);
    let count = 0;
    for (let rank = 0; rank < newer.size && count < COUNT_MAX; rank += 1) {
      const slot = newer.at(rank);
      if (filters.every((filter) => filter(slot, reader, catalogue))) count += 1;
    }
    return { count };
  };
}

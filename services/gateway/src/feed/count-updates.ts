import type { Recommender } from "@headline/recommender";
import { z } from "zod";
import type { Channels } from "../channels/channels.js";
import type { Reader } from "../http/authenticate.js";
import { decimal } from "../http/read.js";
import type { Call } from "../http/route.js";
import { traceparentOf } from "../http/traceparent-of.js";
import type { Updates } from "./answers.js";
import type { Breaker } from "./breaker.js";
import type { Fallback } from "./fallback.js";
import { FeedQuery } from "./feed-query.js";

interface Deps {
  readonly channels: Channels;
  readonly recommender: Recommender;
  readonly breaker: Breaker;
  readonly fallback: Fallback;
  readonly timeoutMs: number;
}

export const UpdatesQuery = z.object({
  channel_id: FeedQuery.shape.channel_id,
  since: decimal({ min: 0, max: Number.MAX_SAFE_INTEGER }),
});

export type UpdatesQuery = z.output<typeof UpdatesQuery>;

/** Counts newer articles that wait for the reader, up to 100. Consumes nothing. */
export function countUpdates({ channels, recommender, breaker, fallback, timeoutMs }: Deps) {
  return async ({
    req,
    reader: { userId },
    query: { channel_id: channelId, since },
  }: Call<{ reader: Reader; query: UpdatesQuery }>): Promise<z.input<typeof Updates>> => {
    channels.named(channelId);
    const traceparent = traceparentOf(req);
    const live = breaker(() =>
      recommender.countUpdates({ userId, channelId, since: BigInt(since) }, { timeoutMs, traceparent }),
    );
    const { count, degraded } = await fallback.updates(live, { userId, channelId, since }, traceparent);
    return { channel_id: String(channelId), since, count, degraded };
  };
}

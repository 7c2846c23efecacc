import type { Recommender } from "@headline/recommender";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Channels } from "../channels/channels.js";
import type { Authenticate } from "../http/authenticate.js";
import { decimal, read } from "../http/read.js";
import { sendOk } from "../http/send-ok.js";
import { traceparentOf } from "../http/traceparent-of.js";
import type { Breaker } from "./breaker.js";
import type { Fallback } from "./fallback.js";
import { FeedQuery } from "./feed-query.js";

interface Deps {
  readonly authenticate: Authenticate;
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

/** GET /articles/updates: number of newer articles that wait for the reader, up to 100. Consumes nothing. */
export function countUpdates({
  authenticate,
  channels,
  recommender,
  breaker,
  fallback,
  timeoutMs,
}: Deps): RequestHandler {
  return async (req, res) => {
    const { channel_id: channelId, since } = read(UpdatesQuery, req.query);
    channels.named(channelId);
    const { userId } = await authenticate.anybody(req, res);
    const traceparent = traceparentOf(req);
    const live = breaker(() =>
      recommender.countUpdates({ userId, channelId, since: BigInt(since) }, { timeoutMs, traceparent }),
    );
    const { count, degraded } = await fallback.updates(live, { userId, channelId, since }, traceparent);
    sendOk(res, { channel_id: String(channelId), since, count, degraded });
  };
}

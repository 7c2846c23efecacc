import type { Mysql } from "@headline/mysql";
import { PUBLISHED } from "@headline/newsroom/articles";
import type { Recommender } from "@headline/rpc";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Channels } from "../channels/channels.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { decimal, read } from "../http/read.js";
import { traceparentOf } from "../http/traceparent-of.js";
import type { Breaker } from "./breaker.js";
import { FeedQuery } from "./feed-query.js";
import type { OnDegraded } from "./tell-degraded.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly channels: Channels;
  readonly recommender: Recommender;
  readonly breaker: Breaker;
  readonly mysql: Mysql;
  readonly timeoutMs: number;
  readonly onDegraded: OnDegraded;
}

const COUNT_MAX = 100;
export const UpdatesQuery = z.object({
  channel_id: FeedQuery.shape.channel_id,
  since: decimal({ min: 0, max: Number.MAX_SAFE_INTEGER }),
});

/** GET /articles/updates: how many newer articles wait for this reader, up to 100. Consumes nothing. */
export function countUpdates({
  authenticate,
  channels,
  recommender,
  breaker,
  mysql,
  timeoutMs,
  onDegraded,
}: Parts): RequestHandler {
  return async (req, res) => {
    const { channel_id: channelId, since } = read(UpdatesQuery, req.query);
    channels.named(channelId);
    const { userId } = await authenticate.anybody(req, res);
    const request = { userId, channelId, since: BigInt(since) };
    const options = { timeoutMs, traceparent: traceparentOf(req) };
    try {
      const count = await breaker(() => recommender.countUpdates(request, options));
      sendOk(res, { channel_id: String(channelId), since, count, degraded: false });
    } catch (error) {
      onDegraded(error, options.traceparent);
      sendOk(res, {
        channel_id: String(channelId),
        since,
        count: await countPublished(mysql, { userId, channelId, since }),
        degraded: true,
      });
    }
  };
}

/** Without the recommender nobody knows what this reader was served; what was published is the next best count. */
async function countPublished(
  mysql: Mysql,
  { userId, channelId, since }: { userId: bigint; channelId: number; since: number },
): Promise<number> {
  const [where, values] = channelId === 0 ? ["", []] : ["channel_id = ? AND", [channelId]];
  const rows = await mysql.query(
    `SELECT id FROM articles WHERE ${where} status = ${PUBLISHED} AND published_at > ? AND NOT EXISTS
        (SELECT 1 FROM author_blocks b WHERE b.user_id = ? AND b.author_id = articles.author_id) LIMIT ${COUNT_MAX}`,
    [...values, since, userId],
  );
  return rows.length;
}

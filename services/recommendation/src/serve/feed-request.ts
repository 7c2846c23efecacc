import type { RecommendContext, UserRequest } from "@headline/recommender";
import { Refusal } from "@headline/service/errors";
import type { Channels } from "../catalogue/channels.js";

/** Validated request. */
export interface FeedRequest {
  readonly userId: bigint;
  readonly channelId: number;
  readonly size: number;
  readonly timeStamp: number;
  readonly dryRun: boolean;
  /** The caller makes the tokens itself. */
  readonly withoutTokens: boolean;
  /** ms since the epoch. */
  readonly arrivedMs: number;
}

const ARTICLE_NUM_DEFAULT = 10;
const ARTICLE_NUM_MAX = 50;

/** @throws Refusal INVALID_ARGUMENT, naming the field. */
export function readFeedRequest(
  request: UserRequest,
  { dryRun, withoutTokens = false }: Pick<RecommendContext, "dryRun" | "withoutTokens">,
  channels: Channels,
  nowMs: number,
): FeedRequest {
  const { userId, channelId, articleNum, timeStamp } = request;
  if (!channels.has(channelId)) throw unknownChannel(channelId);
  if (articleNum < 0 || articleNum > ARTICLE_NUM_MAX) {
    throw invalid("article_num", `${articleNum} is not between 0 and ${ARTICLE_NUM_MAX}`);
  }
  if (timeStamp < 0n) throw invalid("time_stamp", `${timeStamp} is before the epoch`);
  return {
    userId,
    channelId,
    size: articleNum === 0 ? ARTICLE_NUM_DEFAULT : articleNum,
    timeStamp: Number(timeStamp),
    dryRun,
    withoutTokens,
    arrivedMs: nowMs,
  };
}

export function unknownChannel(channelId: number): Refusal {
  return invalid("channel_id", `${channelId} is not a channel`);
}

function invalid(field: string, detail: string): Refusal {
  return new Refusal("INVALID_ARGUMENT", `${field}: ${detail}`, { fields: [{ field, detail }] });
}

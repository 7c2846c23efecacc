import { type TrackedEvent, tokenOf, type UploadedKind } from "@headline/newsroom/events";
import { isCounted, isReaction, type Reaction } from "@headline/newsroom/reactions";
import {
  type Tracked,
  type TrackKeys,
  type TrackPayload,
  verifyExposureToken,
  verifyTrackToken,
} from "@headline/track-token";
import type { Reader } from "../http/authenticate.js";
import { invalid, read } from "../http/read.js";
import { EventItem } from "./event-item.js";

interface Context {
  readonly keys: TrackKeys;
  /** Reader of the request, where it names one; else each token names its own. */
  readonly reader: Reader | undefined;
  /** Of the guests whose events these are. */
  readonly network: number | undefined;
  readonly nowMs: number;
}

/** Events and reaction of a valid item. */
export interface ReadEvent {
  /** One, or of an exposure one for each article. */
  readonly events: readonly TrackedEvent[];
  readonly reaction: Reaction | undefined;
}

/** @throws Refusal INVALID_ARGUMENT naming what is wrong with the item. */
export function readEvent(input: unknown, context: Context): ReadEvent {
  const item = read(EventItem, input, "");
  return item.type === "exposure" ? readExposure(item, context) : readAction(item, item.type, context);
}

function readExposure(item: EventItem, context: Context): ReadEvent {
  const exposed = verifyExposureToken(context.keys, item.token, context.nowMs);
  const payload = payloadOf(item, exposed, context);
  const served = new Map(exposed.ok ? exposed.served.map((article) => [article.articleId, article]) : []);
  if (served.size === 0) throw invalid("token", "is of a page without articles");
  for (const [index, articleId] of (item.article_ids ?? []).entries()) {
    if (!served.has(articleId)) throw invalid(`article_ids[${index}]`, "is not of this batch");
  }
  const seen = [...new Set(item.article_ids ?? served.keys())];
  const events = seen.map((articleId) => tracked(item, { ...payload, ...served.get(articleId) }, context));
  return { events, reaction: undefined };
}

function readAction(item: EventItem, kind: Exclude<UploadedKind, "exposure">, context: Context): ReadEvent {
  const payload = payloadOf(item, verifyTrackToken(context.keys, tokenOf(kind), item.token, context.nowMs), context);
  const event = tracked(item, payload, context);
  if (!isReaction(kind)) return { events: [event], reaction: undefined };
  const { userId, articleId } = payload;
  if (isCounted(kind) && userId <= 0n)
    throw invalid("token", "is a guest's: sign in, and get a page, to like or collect");
  // Readers change their minds as often as they like: each time is an event of its own.
  return {
    events: [{ ...event, occurrence: item.id }],
    reaction: { kind, userId, articleId, eventId: item.id, why: item.why },
  };
}

const WHY_NOT = {
  malformed: "is not a token of this site",
  "unknown key": "is signed with a key that does not count any more",
  "wrong signature": "does not count for this type",
  expired: "has expired",
} as const;

function payloadOf({ token }: EventItem, result: Tracked, { reader }: Context): TrackPayload {
  if (!result.ok) throw invalid("token", token === "" ? "is missing" : WHY_NOT[result.reason]);
  if (reader !== undefined && reader.userId !== result.payload.userId) throw invalid("token", "is another reader's");
  return result.payload;
}

function tracked(item: EventItem, payload: TrackPayload, { network, nowMs }: Context): TrackedEvent {
  const { userId, articleId, channelId, stamp, reason, position, bucket } = payload;
  return {
    kind: item.type,
    userId,
    articleId,
    channelId,
    stamp,
    reason,
    position,
    bucket,
    durationMs: item.duration_ms,
    why: item.why,
    ...(userId < 0n && network !== undefined ? { network } : {}),
    // The clocks of clients are wrong as often as not: nothing happens before it was served, or later than now.
    happenedAtMs: Math.min(Math.max(item.ts, stamp), Math.max(nowMs, stamp)),
    acceptedAtMs: nowMs,
    occurrence: undefined,
  };
}

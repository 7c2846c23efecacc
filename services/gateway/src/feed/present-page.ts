import type { FeedQuery } from "./feed-query.js";
import { type HydratedPage, type Items, PINNED, type Track } from "./page.js";
import { SignedTrack } from "./signed-track.js";

const NO_TRACK: Track = { click: "", collect: "", read: "", liking: "" };

/** Longest text around one item: four tokens of at most 80 characters, and the keys. */
const AROUND_MAX = 600;
const HEAD_MAX = 600;
const COMMA = 0x2c;
const BRACE = 0x7d;
const TAIL = Buffer.from("]}}");
const SLAB_BYTES = 1_048_576;

/** Pages are written one after the other into a slab; the slab goes when the last page in it has left. */
let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let slabUsed = 0;

/**
 * Bytes of the answer. Keeps the order of the picks and leaves out deleted articles. Items are copied, never parsed; what is put
 * around them is ASCII that needs no escaping.
 */
export function presentPage(hydrated: HydratedPage, query: FeedQuery, nowMs: number): Buffer {
  const { page, items } = hydrated;
  const start = reserve(bytesMaxOf(items) + HEAD_MAX + TAIL.length);
  let at = start + slab.write(head(hydrated, query, nowMs), start, "latin1");
  let isFirst = true;
  for (let index = 0; index < page.picks.length; index += 1) {
    const item = items[index];
    if (item === undefined) continue;
    if (!isFirst) slab[at++] = COMMA;
    isFirst = false;
    slab.set(item, at);
    at += item.length;
    const { reason, track } = page.picks[index]!;
    at += slab.write(`,"is_top":${reason === PINNED},"reason":"${reason}","trace":{`, at, "latin1");
    at = writeTrack(track ?? NO_TRACK, at);
    slab[at++] = BRACE;
    slab[at++] = BRACE;
  }
  slab.set(TAIL, at);
  slabUsed = at + TAIL.length;
  return slab.subarray(start, slabUsed);
}

/** Offset in the slab at which `bytes` fit; a page larger than a slab gets one of its own. */
function reserve(bytes: number): number {
  if (slabUsed + bytes > slab.length) {
    slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
    slabUsed = 0;
  }
  return slabUsed;
}

function bytesMaxOf(items: Items): number {
  let bytes = 0;
  for (const item of items) bytes += item === undefined ? 0 : item.length + AROUND_MAX;
  return bytes;
}

function head({ page, degraded }: HydratedPage, query: FeedQuery, nowMs: number): string {
  return (
    `{"message":"OK","data":{"page":${query.page ?? 1},"per_page":${query.per_page},"timestamp":${page.timestamp},` +
    `"pre_timestamp":${page.preTimestamp},"has_more":${page.hasMore},"exhausted":${page.mode === "exhausted"},` +
    `"server_time":${nowMs},"degraded":${degraded},"exposure":"${page.exposure}","results":[`
  );
}

/** Writes the tokens of an article as members of a JSON object; returns the offset behind them. */
function writeTrack(track: Track, at: number): number {
  if (track instanceof SignedTrack) return track.write(slab, at);
  const { click, collect, read, liking } = track;
  const members = `"click":"${click}","collect":"${collect}","read":"${read}","liking":"${liking}"`;
  return at + slab.write(members, at, "latin1");
}

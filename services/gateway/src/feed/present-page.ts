import type { Item } from "../articles/articles.js";
import type { FeedQuery } from "./feed-query.js";
import type { Page, Pick, Track } from "./page.js";

const NO_TRACK: Track = { click: "", collect: "", read: "", liking: "" };

/** Longest text around one item: four tokens of at most 80 characters, and the keys. */
const AROUND_MAX = 600;
const HEAD_MAX = 600;
const COMMA = 0x2c;
const TAIL = Buffer.from("]}}");
const SLAB_BYTES = 1_048_576;

/** Pages are written one after the other into a slab; the slab goes when the last page in it has left. */
let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let slabUsed = 0;

/** What stands on a page, hydrated: an item for each pinned article and for each pick, in their order. */
export interface Hydrated {
  readonly page: Page;
  readonly items: readonly (Item | undefined)[];
  readonly pinned: readonly (Item | undefined)[];
}

/**
 * The answer's bytes. Keeps the recommender's order; pinned articles stand first; an article deleted meanwhile simply does not
 * show. Items are copied, never parsed; what is put around them is ASCII that needs no escaping.
 */
export function presentPage({ page, items, pinned }: Hydrated, query: FeedQuery, nowMs: number): Buffer {
  const start = reserve(bytesMaxOf(items) + bytesMaxOf(pinned) + HEAD_MAX + TAIL.length);
  let at = start + slab.write(head(page, query, nowMs), start, "latin1");
  let first = true;
  const put = (item: Item | undefined, top: boolean, pick: Pick | undefined) => {
    if (item === undefined) return;
    if (!first) slab[at++] = COMMA;
    first = false;
    slab.set(item, at);
    at += item.length;
    at += slab.write(around(top, pick), at, "latin1");
  };
  for (const item of pinned) put(item, true, undefined);
  for (let index = 0; index < page.picks.length; index += 1) {
    put(items[index], false, page.picks[index]);
  }
  slab.set(TAIL, at);
  slabUsed = at + TAIL.length;
  return slab.subarray(start, slabUsed);
}

/** Where in the slab `bytes` fit; a page larger than a slab gets one of its own. */
function reserve(bytes: number): number {
  if (slabUsed + bytes > slab.length) {
    slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
    slabUsed = 0;
  }
  return slabUsed;
}

function bytesMaxOf(items: readonly (Item | undefined)[]): number {
  let bytes = 0;
  for (const item of items) bytes += item === undefined ? 0 : item.length + AROUND_MAX;
  return bytes;
}

function head(page: Page, query: FeedQuery, nowMs: number): string {
  return (
    `{"message":"OK","data":{"page":${query.page ?? 1},"per_page":${query.per_page},"timestamp":${page.timestamp},` +
    `"pre_timestamp":${page.preTimestamp},"has_more":${page.hasMore},"exhausted":${page.exhausted},` +
    `"server_time":${nowMs},"degraded":${page.degraded},"exposure":"${page.exposure}","results":[`
  );
}

function around(top: boolean, pick: Pick | undefined): string {
  const { click, collect, read, liking } = pick?.track ?? NO_TRACK;
  return (
    `,"is_top":${top},"reason":"${pick?.reason ?? "pinned"}",` +
    `"trace":{"click":"${click}","collect":"${collect}","read":"${read}","liking":"${liking}"}}`
  );
}

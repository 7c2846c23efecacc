import type { Item } from "../articles/articles.js";
import type { FeedQuery } from "./feed-query.js";
import type { Page, Pick, Track } from "./page.js";

const NO_TRACK: Track = { click: "", collect: "", read: "", liking: "" };

/** Longest text around one article's fragment and counts: four tokens of at most 80 characters, and the keys. */
const AROUND_MAX = 600;
const HEAD_MAX = 600;
const COMMA = 0x2c;
const TAIL = Buffer.from("]}}");

/**
 * The answer's bytes. Keeps the recommender's order; pinned articles stand first; an article deleted meanwhile simply does
 * not show. Fragments are copied, never parsed; what is put around them is ASCII that needs no escaping.
 */
export function presentPage(
  page: Page,
  pinned: readonly bigint[],
  items: ReadonlyMap<bigint, Item>,
  query: FeedQuery,
  nowMs: number,
): Buffer {
  const entries = entriesOf(page, pinned, items);
  let bytesMax = HEAD_MAX + TAIL.length;
  for (const { item } of entries) bytesMax += item.fragment.length + item.counts.length + AROUND_MAX;

  const bytes = Buffer.allocUnsafe(bytesMax);
  let at = bytes.write(head(page, query, nowMs), 0, "latin1");
  for (let index = 0; index < entries.length; index += 1) {
    const { item, top, pick } = entries[index] as Entry;
    if (index > 0) bytes[at++] = COMMA;
    bytes.set(item.fragment, at);
    at += item.fragment.length;
    bytes.set(item.counts, at);
    at += item.counts.length;
    at += bytes.write(around(top, pick), at, "latin1");
  }
  bytes.set(TAIL, at);
  return bytes.subarray(0, at + TAIL.length);
}

interface Entry {
  readonly item: Item;
  readonly top: boolean;
  readonly pick: Pick | undefined;
}

function entriesOf(page: Page, pinned: readonly bigint[], items: ReadonlyMap<bigint, Item>): Entry[] {
  const entries: Entry[] = [];
  for (const articleId of pinned) {
    const item = items.get(articleId);
    if (item !== undefined) entries.push({ item, top: true, pick: undefined });
  }
  for (const pick of page.picks) {
    const item = items.get(pick.articleId);
    if (item !== undefined && !pinned.includes(pick.articleId)) entries.push({ item, top: false, pick });
  }
  return entries;
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

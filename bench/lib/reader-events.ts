import { setTimeout as sleep } from "node:timers/promises";
import type { Mysql } from "@headline/mysql";
import { CHANNEL_IDS } from "./seed-articles.js";

const ROWS_PER_STATEMENT = 5_000;
const WRITE_EVERY_MS = 100;
const NO_OCCURRENCE = "0x00000000000000000000000000000000";
const COLUMNS =
  "user_id, channel_id, stamp, article_id, kind, occurrence, reason, position, bucket, duration_ms, happened_at, accepted_at, landed_at";

export interface Population {
  readonly readers: number;
  /** Id of the first reader; 1 by default. */
  readonly firstReader?: number;
  readonly articles: number;
  /** Articles a page. */
  readonly perPage: number;
  /** When a page was looked at, by its number: never earlier than the one before it. */
  readonly at: (page: number) => number;
}

/**
 * Readers' feedback without end, from a fixed sequence: a page is looked at, and the articles of the reader's own channel
 * are clicked and read. Some articles are shown far more often than others.
 */
export function* readerEvents({ readers, firstReader = 1, articles, perPage, at }: Population): Generator<string> {
  for (let page = 0; ; page += 1) {
    const reader = firstReader + (page % readers);
    const stamp = at(page);
    const row = (article: number, kind: string, position: number, durationMs: number | "NULL") =>
      `(${reader},0,${stamp},${article},'${kind}',${NO_OCCURRENCE},1,${position},1,${durationMs},${stamp},${stamp},${stamp})`;
    const shown = Array.from({ length: perPage }, (_, position) => {
      return 1 + Math.floor(articles * scatter(page * perPage + position) ** 3);
    });
    for (const [position, article] of shown.entries()) yield row(article, "exposure", position, "NULL");
    for (const [position, article] of shown.entries()) {
      if (article % CHANNEL_IDS.length !== reader % CHANNEL_IDS.length) continue;
      yield row(article, "click", position, "NULL");
      yield row(article, "read", position, 20_000);
    }
  }
}

/** Writes so many events at once. */
export async function writeEvents(mysql: Mysql, events: Generator<string>, count: number): Promise<void> {
  for (let left = count; left > 0; left -= ROWS_PER_STATEMENT) {
    const rows = take(events, Math.min(left, ROWS_PER_STATEMENT));
    await mysql.write(`INSERT IGNORE INTO events (${COLUMNS}) VALUES ${rows.join(",")}`);
  }
}

/** Writes events at a rate until it is stopped, and then answers how many a second there were. */
export function keepWritingEvents(mysql: Mysql, events: Generator<string>, perSecond: number) {
  const stopped = new AbortController();
  const startedAt = performance.now();
  let written = 0;
  const writing = (async () => {
    while (!stopped.signal.aborted) {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000) - written;
      if (due > 0) await writeEvents(mysql, events, due);
      written += due;
      await sleep(WRITE_EVERY_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  writing.catch(() => undefined); // heard by who stops it
  return {
    async stop(): Promise<number> {
      stopped.abort();
      await writing;
      return (1_000 * written) / (performance.now() - startedAt);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      stopped.abort();
      await writing.catch(() => undefined); // stop() has reported it, or something worse happened
    },
  };
}

function take(events: Generator<string>, count: number): string[] {
  const rows: string[] = [];
  while (rows.length < count) rows.push(events.next().value as string);
  return rows;
}

/** A fixed number in [0, 1) for each index: the fractional part of multiples of the golden ratio. */
function scatter(index: number): number {
  return (index * 0.618_033_988_749_895) % 1;
}

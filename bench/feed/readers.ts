import { writeFileSync } from "node:fs";
import type { Mysql } from "@headline/mysql";
import { encodeBatch, encodeHead, historyKey } from "@headline/recommendation";
import { openRedis } from "@headline/redis";
import { SignJWT } from "jose";
import { AUTHORS } from "../lib/seed-articles.js";

/** Signed-in readers of the bench, with what the product knows about each. */
export interface ReaderPopulation {
  /** Id of the first; the others follow. */
  readonly first: number;
  readonly count: number;
  readonly articles: number;
}

const FOLLOWS = 20;
const ROWS_PER_STATEMENT = 5_000;
const BATCHES_MIN = 16;
const BATCHES_MAX = 64;
const PER_BATCH = 10;
const READERS_PER_PIPELINE = 500;
const HISTORY_MS = 3 * 24 * 60 * 60 * 1_000;
const HISTORY_TTL_MS = 7 * 24 * 60 * 60 * 1_000;
const REASON_HOT = 1;

/** Each follows twenty authors. */
export async function writeFollows(mysql: Mysql, { first, count }: ReaderPopulation): Promise<void> {
  const now = Date.now();
  const rows: string[] = [];
  for (let reader = first; reader < first + count; reader += 1)
    for (let at = 0; at < FOLLOWS; at += 1) rows.push(`(${reader},${1 + ((reader * 31 + at * 23) % AUTHORS)},${now})`);
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT)
    await mysql.write(
      `INSERT IGNORE INTO follows (user_id, author_id, created_at) VALUES ${rows.slice(from, from + ROWS_PER_STATEMENT).join(",")}`,
    );
}

/** Histories of 16 to 64 batches of ten over the last three days, in the service's own encoding. */
export async function writeHistories(redisUrl: string, { first, count, articles }: ReaderPopulation): Promise<void> {
  const redis = openRedis(redisUrl, { commandTimeoutMs: 60_000, onError: () => undefined });
  try {
    for (let from = first; from < first + count; from += READERS_PER_PIPELINE) {
      const pipeline = redis.pipeline();
      for (let reader = from; reader < Math.min(from + READERS_PER_PIPELINE, first + count); reader += 1)
        pipeline.set(historyKey(BigInt(reader)), history(reader, articles), "PX", HISTORY_TTL_MS);
      await pipeline.exec();
    }
  } finally {
    redis.disconnect();
  }
}

/** A file of Authorization headers, a line for each reader. */
export async function writeAuthorizations(
  file: string,
  { first, count }: ReaderPopulation,
  secret: string,
): Promise<void> {
  const key = Buffer.from(secret, "utf8");
  const lines: string[] = [];
  for (let reader = first; reader < first + count; reader += 1) {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
      .setIssuer("headline")
      .setAudience("headline")
      .setSubject(String(reader))
      .setIssuedAt()
      .setExpirationTime("2h")
      .sign(key);
    lines.push(`Bearer ${token}`);
  }
  writeFileSync(file, lines.join("\n"));
}

function history(reader: number, articles: number): Buffer {
  const batches = BATCHES_MIN + ((reader * 7_919) % (BATCHES_MAX - BATCHES_MIN + 1));
  const step = Math.floor(HISTORY_MS / (batches + 1));
  const start = Date.now() - HISTORY_MS;
  const records = Array.from({ length: batches }, (_, at) => {
    const stamp = start + (at + 1) * step;
    const slots = Int32Array.from({ length: PER_BATCH }, (_, place) =>
      articleOf(reader, at * PER_BATCH + place, articles),
    );
    return encodeBatch(
      { stamp, timeStamp: stamp - 1, channelId: 0, slots, reasons: new Uint8Array(PER_BATCH).fill(REASON_HOT) },
      { articleId: BigInt },
    );
  });
  return Buffer.concat([encodeHead(start + batches * step), ...records]);
}

/** An article of a fixed sequence that differs from reader to reader and does not repeat within a history. */
function articleOf(reader: number, place: number, articles: number): number {
  return 1 + ((reader * 613 + place * 29) % articles);
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Mysql } from "@headline/mysql";
import type { Redis } from "@headline/redis";
import { type Change, DATABASE_NOW_MS } from "./change.js";
import { parseWake, WAKE_CHANNEL } from "./wake-followers.js";

/** A message of whoever made the change, or the table, in which every change stands. */
export type ToldBy = "message" | "table";

interface Options {
  readonly mysql: Mysql;
  /** A connection of its own: it listens. Without one, or while it is away, changes come by polling alone. */
  readonly subscriber?: Redis;
  /**
   * Called with every change by the table at least once, possibly again, and not always in the order of the commits; before
   * that, as a rule, by a message.
   */
  readonly onChanges: (changes: readonly Change[], by: ToldBy) => void | Promise<void>;
  readonly onError?: (error: unknown) => void;
  readonly pollMs?: number;
}

export interface ChangeFollower extends AsyncDisposable {
  /** Reads what MySQL has right now; resolves when it was handed on. */
  poll(): Promise<void>;
}

interface ChangeRow {
  readonly seq: string;
  readonly topic: string;
  readonly subject_id: string;
  readonly version: string;
  readonly created_at: string;
  readonly now_ms: string;
}

/**
 * Rows get their numbers before their transactions commit, so a lower number can appear after a higher one. What is
 * younger than this is read again; no transaction of ours lives as long.
 */
const OVERLAP_MS = 10_000;
const PAGE_ROWS = 1_000;
const KEEP_MS = 60 * 60 * 1_000;
const PRUNE_EVERY_MS = 10 * 60 * 1_000;

/**
 * Follows what has changed from now on: MySQL's `changes` table is the truth and is read every second; Redis only makes
 * it faster. Resolves once its place in the table is known, so a snapshot read after that misses nothing.
 */
export async function followChanges(options: Options): Promise<ChangeFollower> {
  const { mysql, subscriber, onChanges, onError = () => undefined, pollMs = 1_000 } = options;
  const stopped = new AbortController();
  const told = new Map<string, number>();
  let settledSeq = await newestSettledSeq(mysql);
  let lastPrunedMs = performance.now();

  const poll = async () => {
    for (let after = settledSeq; ; ) {
      const rows = await mysql.query<ChangeRow>(
        `SELECT seq, topic, subject_id, version, created_at, ${DATABASE_NOW_MS} AS now_ms
           FROM changes WHERE seq > ? ORDER BY seq LIMIT ${PAGE_ROWS}`,
        [after],
      );
      const fresh = rows.filter((row) => !told.has(row.seq));
      if (fresh.length > 0) await onChanges(fresh.map(toChange), "table");
      for (const row of fresh) told.set(row.seq, Number(row.created_at));
      settledSeq = settle(rows, settledSeq);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS) break;
      after = BigInt(last.seq);
    }
    for (const seq of told.keys()) {
      if (BigInt(seq) > settledSeq) break;
      told.delete(seq);
    }
  };

  const polling = (async () => {
    while (!stopped.signal.aborted) {
      await poll().catch(onError);
      if (performance.now() - lastPrunedMs > PRUNE_EVERY_MS) {
        lastPrunedMs = performance.now();
        await prune(mysql).catch(onError);
      }
      await sleep(pollMs * (0.9 + Math.random() / 5), undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();

  const tell = async (change: Change) => onChanges([change], "message");
  const onMessage = (channel: string, message: string) => {
    const change = channel === WAKE_CHANNEL ? parseWake(message) : undefined;
    if (change !== undefined) tell(change).catch(onError);
  };
  const subscribe = () => void subscriber?.subscribe(WAKE_CHANNEL).catch(onError);
  subscriber?.on("message", onMessage);
  subscriber?.on("ready", subscribe);
  if (subscriber?.status === "ready") subscribe();

  return {
    poll,
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      subscriber?.off("message", onMessage);
      subscriber?.off("ready", subscribe);
      await polling;
    },
  };
}

/** The highest number below which nothing can appear any more. */
function settle(rows: readonly ChangeRow[], settledSeq: bigint): bigint {
  let settled = settledSeq;
  for (const row of rows) {
    if (Number(row.created_at) > Number(row.now_ms) - OVERLAP_MS) break;
    settled = BigInt(row.seq);
  }
  return settled;
}

async function newestSettledSeq(mysql: Mysql): Promise<bigint> {
  const [row] = await mysql.query<{ seq: string | null }>(
    `SELECT MAX(seq) AS seq FROM changes WHERE created_at < ${DATABASE_NOW_MS} - ${OVERLAP_MS}`,
  );
  return BigInt(row?.seq ?? 0);
}

/** What everybody has long seen goes, a thousand rows at a time. */
async function prune(mysql: Mysql): Promise<void> {
  await mysql.write(`DELETE FROM changes WHERE created_at < ${DATABASE_NOW_MS} - ${KEEP_MS} ORDER BY seq LIMIT 1000`);
}

function toChange(row: ChangeRow): Change {
  return { topic: row.topic, subjectId: BigInt(row.subject_id), version: Number(row.version) };
}

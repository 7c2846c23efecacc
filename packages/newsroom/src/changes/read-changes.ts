import { DATABASE_NOW_MS, type Mysql } from "@headline/mysql";
import { isChangeTopic } from "../schema/index.js";
import type { Change } from "./change.js";

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

/**
 * A reader of the `changes` table, from now on: each call of what it answers hands what is new to `onChanges`. What
 * `onChanges` could not take comes again with the next call.
 */
export function readChanges(
  mysql: Mysql,
  onChanges: (changes: readonly Change[]) => void | Promise<void>,
): () => Promise<void> {
  const openedAt = performance.now();
  /** Changes passed on and young enough to be read again: seq → time of writing. */
  const passed = new Map<string, number>();
  let settledSeq: bigint | undefined;

  const read = async () => {
    settledSeq ??= await settledSeqThen(mysql, openedAt);
    for (let after = settledSeq; ; ) {
      const rows = await mysql.query<ChangeRow>(
        `SELECT seq, topic, subject_id, version, created_at, ${DATABASE_NOW_MS} AS now_ms
           FROM changes WHERE seq > ? ORDER BY seq LIMIT ${PAGE_ROWS}`,
        [after],
      );
      const fresh = rows.filter((row) => !passed.has(row.seq));
      const changes = fresh.flatMap(toChange);
      if (changes.length > 0) await onChanges(changes);
      for (const row of fresh) passed.set(row.seq, Number(row.created_at));
      settledSeq = settle(rows, settledSeq);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS) break;
      after = BigInt(last.seq);
    }
    for (const seq of passed.keys()) {
      if (BigInt(seq) > settledSeq) break;
      passed.delete(seq);
    }
  };
  // One after the other: two at once would both hand on what is new.
  let turn = Promise.resolve();
  return () => {
    turn = turn.then(read, read);
    return turn;
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

/** The highest number that was settled at a moment of this process's clock, which runs as fast as the database's. */
async function settledSeqThen(mysql: Mysql, atMs: number): Promise<bigint> {
  const [clock] = await mysql.query<{ now_ms: string }>(`SELECT ${DATABASE_NOW_MS} AS now_ms`);
  const thenMs = Number(clock?.now_ms) - Math.ceil(performance.now() - atMs);
  const [row] = await mysql.query<{ seq: string | null }>("SELECT MAX(seq) AS seq FROM changes WHERE created_at < ?", [
    thenMs - OVERLAP_MS,
  ]);
  return BigInt(row?.seq ?? 0);
}

/** None for a topic that only a later version knows. */
function toChange({ topic, subject_id, version }: ChangeRow): Change[] {
  return isChangeTopic(topic) ? [{ topic, subjectId: BigInt(subject_id), version: Number(version) }] : [];
}

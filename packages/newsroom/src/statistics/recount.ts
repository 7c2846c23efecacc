import { DATABASE_NOW_MS, type Mysql, type Transaction } from "@headline/mysql";
import { appendChanges } from "../changes/index.js";
import { NEXT_VERSION } from "./change-statistics.js";
import { type Counts, counterNames, type StatisticsDefinition } from "./definition.js";
import {
  countsOf,
  type RawStatisticRow,
  type StatisticRow,
  statisticColumns,
  toStatisticRow,
} from "./statistic-rows.js";

export interface Recount<Name extends string> {
  /** The row when it was locked. */
  readonly before: StatisticRow<Name>;
  /** The row afterwards. */
  readonly row: StatisticRow<Name>;
}

/**
 * Counts one subject anew and makes its row say so, right beside live writers. The argument, for a writer W whose
 * transaction writes a counted row and, before it commits, adds to the statistic row:
 *
 * - The first statement locks the statistic row, creating it when it is missing, since what is not there cannot be locked.
 * - If W added before we got the lock, it held the lock until it had committed (or had rolled back, and then nothing of
 *   it is left). InnoDB makes a commit visible before it gives up its locks, and under READ COMMITTED each of our
 *   statements sees what is committed when it starts, so W's counted row is in our count and its delta is in the row.
 * - If W has not added yet, it waits for our lock before it can, so it cannot commit while we count. Its counted row, if
 *   already written, is uncommitted and not in our count, and its delta is added later to what we leave behind.
 *
 * Either way the count has exactly the changes that the row has. Under REPEATABLE READ it would not: the snapshot could
 * be older than the lock. We hold one row and otherwise read without locks, so a deadlock can only be over
 * a row that several create at once; the transaction is then tried again.
 *
 * A row that gets a new version is published through the change feed, under the definition's name: other processes may have
 * remembered what was wrong.
 *
 * @param beats a version that was read elsewhere: the row gets a new one, beyond it unless that is absurd, though its
 * counts may be right.
 */
export function recount<Name extends string>(
  mysql: Mysql,
  definition: StatisticsDefinition<Name>,
  id: bigint,
  { beats }: { readonly beats?: number } = {},
): Promise<Recount<Name>> {
  const { table, idColumn } = definition;
  return mysql.transaction(
    async (tx) => {
      await tx.write(
        `INSERT INTO ${table} (${idColumn}, version) VALUES (?, ${DATABASE_NOW_MS}) ON DUPLICATE KEY UPDATE version = version`,
        [id],
      );
      const before = await readLocked(tx, definition, id);
      const truth = await countOne(tx, definition, id);
      const right = counterNames(definition).every((name) => before.value[name] === truth[name]);
      if (right && beats === undefined) return { before, row: before };
      const names = counterNames(definition);
      await tx.write(
        `UPDATE ${table} SET ${names.map((name) => `${name} = ?`).join(", ")}, version = GREATEST(${NEXT_VERSION}, CAST(? AS SIGNED)) WHERE ${idColumn} = ?`,
        [...names.map((name) => BigInt(truth[name])), BigInt(reachable(beats) + 1), id],
      );
      const row = await readLocked(tx, definition, id);
      await appendChanges(tx, { topic: definition.name, subjectId: id, version: row.version });
      return { before, row };
    },
    { isolation: "read committed" },
  );
}

/** Clocks go wrong by less than this. A version beyond it was never a clock's, and no row shall take it over. */
const CLOCK_ERROR_MS = 24 * 60 * 60 * 1_000;

function reachable(version = 0): number {
  return version < Date.now() + CLOCK_ERROR_MS ? version : 0;
}

async function readLocked<Name extends string>(
  tx: Transaction,
  definition: StatisticsDefinition<Name>,
  id: bigint,
): Promise<StatisticRow<Name>> {
  const { table, idColumn } = definition;
  const [row] = await tx.query<RawStatisticRow>(
    `SELECT ${statisticColumns(definition)} FROM ${table} WHERE ${idColumn} = ? FOR UPDATE`,
    [id],
  );
  if (row === undefined) throw new Error(`${table} has no row ${id} right after it was locked`);
  return toStatisticRow(definition, row);
}

async function countOne<Name extends string>(
  tx: Transaction,
  definition: StatisticsDefinition<Name>,
  id: bigint,
): Promise<Counts<Name>> {
  const counted = new Map<Name, number>();
  for (const name of counterNames(definition)) {
    const [row] = await tx.query<{ count: string }>(definition.counters[name].truth, [id, id]);
    counted.set(name, Number(row?.count ?? 0));
  }
  return countsOf(definition, (name) => counted.get(name) ?? 0);
}

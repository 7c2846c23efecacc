import { DATABASE_NOW_MS, type Transaction } from "@headline/mysql";
import { counterNames, type StatisticsDefinition } from "./definition.js";
import { type RawStatisticRow, type StatisticRow, statisticColumns, toStatisticRow } from "./statistic-rows.js";

/**
 * The version after the one a row has: at least one more, and never below the database's clock, so the first version
 * after a wiped database still beats what a Redis that was kept remembers.
 */
export const NEXT_VERSION = `GREATEST(version + 1, ${DATABASE_NOW_MS})`;

/**
 * Adds to the counts of one subject in the transaction that changes what is counted, and answers them for `offer` once
 * that transaction has committed. The row stays locked until then. A transaction that changes two subjects does
 * it in ascending order of their ids, or two such transactions can deadlock (and be tried again).
 */
export async function changeStatistics<Name extends string>(
  tx: Transaction,
  definition: StatisticsDefinition<Name>,
  id: bigint,
  deltas: Readonly<Partial<Record<Name, number>>>,
): Promise<StatisticRow<Name>> {
  const { table, idColumn } = definition;
  const changed = counterNames(definition).filter((name) => deltas[name] !== undefined);
  const by = changed.map((name) => safeDelta(name, deltas[name]));
  await tx.write(
    `INSERT INTO ${table} (${[idColumn, ...changed, "version"].join(", ")})
     VALUES (${["?", ...changed.map(() => "?"), DATABASE_NOW_MS].join(", ")})
     ON DUPLICATE KEY UPDATE ${[...changed.map((name) => `${name} = ${name} + ?`), `version = ${NEXT_VERSION}`].join(", ")}`,
    [id, ...by, ...by],
  );
  const [row] = await tx.query<RawStatisticRow>(
    `SELECT ${statisticColumns(definition)} FROM ${table} WHERE ${idColumn} = ?`,
    [id],
  );
  if (row === undefined) throw new Error(`${table} has no row ${id} right after it was written`);
  return toStatisticRow(definition, row);
}

function safeDelta(name: string, delta: unknown): bigint {
  if (!Number.isSafeInteger(delta)) throw new RangeError(`${name} changes by a whole number, not by ${delta}`);
  return BigInt(delta as number);
}

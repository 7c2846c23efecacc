import { idList, type Statements, WANTED_IDS } from "@headline/mysql";
import type { Versioned } from "@headline/redis";
import { type Counts, counterNames, type StatisticsDefinition } from "./definition.js";

/** A row of a statistics table, as counts that are known to exist. */
export interface StatisticRow<Name extends string> extends Versioned<Counts<Name>> {
  readonly value: Counts<Name>;
}

/** BIGINT columns arrive as digits. */
export type RawStatisticRow = Readonly<Record<string, string>>;

/** The rows of `ids`; who has no row has all zeroes at version 0, which every real version beats. */
export async function readStatisticRows<Name extends string>(
  from: Statements,
  definition: StatisticsDefinition<Name>,
  ids: readonly bigint[],
): Promise<Map<bigint, StatisticRow<Name>>> {
  const { table, idColumn } = definition;
  const rows = new Map(ids.map((id) => [id, zeroRow(definition)]));
  if (ids.length === 0) return rows;
  const found = await from.query<RawStatisticRow>(
    `SELECT ${statisticColumns(definition)} FROM ${WANTED_IDS} STRAIGHT_JOIN ${table} ON ${idColumn} = want.id`,
    [idList(ids)],
  );
  for (const raw of found) rows.set(BigInt(raw["id"] ?? ""), toStatisticRow(definition, raw));
  return rows;
}

export function statisticColumns(definition: StatisticsDefinition<string>): string {
  return [`${definition.idColumn} AS id`, ...counterNames(definition), "version"].join(", ");
}

export function toStatisticRow<Name extends string>(
  definition: StatisticsDefinition<Name>,
  raw: RawStatisticRow,
): StatisticRow<Name> {
  return { version: Number(raw["version"]), value: countsOf(definition, (name) => Number(raw[name])) };
}

export function zeroRow<Name extends string>(definition: StatisticsDefinition<Name>): StatisticRow<Name> {
  return { version: 0, value: countsOf(definition, () => 0) };
}

/** One count for each counter of the definition. */
export function countsOf<Name extends string>(
  definition: StatisticsDefinition<Name>,
  count: (name: Name) => number,
): Counts<Name> {
  return Object.fromEntries(counterNames(definition).map((name) => [name, count(name)])) as Record<Name, number>;
}

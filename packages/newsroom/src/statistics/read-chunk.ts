import { limitOf, type Mysql } from "@headline/mysql";
import { type Counts, counterNames, type StatisticsDefinition } from "./definition.js";
import {
  countsOf,
  type RawStatisticRow,
  type StatisticRow,
  statisticColumns,
  toStatisticRow,
  zeroRow,
} from "./statistic-rows.js";

/** One subject's row, stored and counted anew. */
export interface Member<Name extends string> {
  readonly row: StatisticRow<Name>;
  readonly truth: Counts<Name>;
}

export interface Chunk<Name extends string> {
  readonly members: ReadonlyMap<bigint, Member<Name>>;
  /** Where the next chunk begins; undefined after the last. */
  readonly nextFrom: bigint | undefined;
}

type RawCount = Readonly<Record<"id" | "count", string>>;

const LARGEST_ID = 2n ** 63n - 1n;

/**
 * Everyone from `from` on until one of the sources has given `size` ids: subjects, statistic rows, and those who have
 * something that is counted. All of it is of one moment, in which each statistic row and what it counts belong together,
 * because a change writes both in one transaction.
 */
export function readChunk<Name extends string>(
  mysql: Mysql,
  definition: StatisticsDefinition<Name>,
  from: bigint,
  size: number,
): Promise<Chunk<Name>> {
  const { table, idColumn, subjects, counters } = definition;
  const rowsSql = `SELECT ${statisticColumns(definition)} FROM ${table} WHERE ${idColumn} BETWEEN ? AND ? ORDER BY ${idColumn}`;
  return mysql.transaction(
    async (tx) => {
      let to = LARGEST_ID;
      // A source with more than fits shortens the chunk for those that are asked after it.
      const page = async <Row extends { readonly id?: string }>(sql: string) => {
        const rows = await tx.query<Row>(`${sql} LIMIT ?`, [from, to, limitOf(size)]);
        if (rows.length === size) to = idOf(rows.at(-1));
        return rows;
      };
      const existing = await page<RawCount>(subjects);
      const rows = await page<RawStatisticRow>(rowsSql);
      const counted = new Map<Name, ReadonlyMap<bigint, number>>();
      for (const name of counterNames(definition)) {
        const counts = await page<RawCount>(counters[name].truth);
        counted.set(name, new Map(counts.map((row) => [idOf(row), Number(row.count)])));
      }

      const held = new Map(rows.map((row) => [idOf(row), toStatisticRow(definition, row)]));
      const ids = new Set([existing.map(idOf), ...[held, ...counted.values()].map((byId) => [...byId.keys()])].flat());
      const members = [...ids]
        .filter((id) => id <= to)
        .map((id): [bigint, Member<Name>] => [
          id,
          {
            row: held.get(id) ?? zeroRow(definition),
            truth: countsOf(definition, (name) => counted.get(name)?.get(id) ?? 0),
          },
        ]);
      return { members: new Map(members), nextFrom: to === LARGEST_ID ? undefined : to + 1n };
    },
    { isolation: "snapshot" },
  );
}

function idOf(row: { readonly id?: string } | undefined): bigint {
  if (row?.id === undefined) throw new TypeError("a row of statistics has an id");
  return BigInt(row.id);
}

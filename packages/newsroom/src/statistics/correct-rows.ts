import { severalAtATime } from "@headline/service/slots";
import { AT_A_TIME, type Correction } from "./correction.js";
import { type Counts, counterNames } from "./definition.js";
import type { Member } from "./read-chunk.js";
import { recount } from "./recount.js";
import type { StatisticRow } from "./statistic-rows.js";

/** Repairs wrong statistic rows and updates Redis; returns the rows that are right then. */
export async function correctRows<Name extends string>(
  correction: Correction<Name>,
  members: ReadonlyMap<bigint, Member<Name>>,
): Promise<Map<bigint, StatisticRow<Name>>> {
  const { definition, mysql, cache, tally, onError } = correction;
  const names = counterNames(definition);
  const rows = new Map([...members].map(([id, { row }]) => [id, row]));
  const suspects = [...members].filter(([, { row, truth }]) => names.some((name) => row.value[name] !== truth[name]));
  tally.checked(members.size);

  await severalAtATime(AT_A_TIME, suspects, async ([id, suspect]) => {
    const found = (before: Counts<Name>, after: Counts<Name>, repaired: boolean) => {
      for (const name of names) {
        if (before[name] !== after[name]) tally.found("mysql", name, before[name] - after[name], repaired);
      }
    };
    try {
      const { before, row } = await recount(mysql, definition, id);
      found(before.value, row.value, true);
      rows.set(id, row);
      await cache.offer(id, row).catch(() => undefined); // whether Redis took it is seen when Redis is looked at
    } catch (error) {
      found(suspect.row.value, suspect.truth, false);
      rows.delete(id); // Redis must not be made to agree with a row that is wrong
      onError(new Error(`${definition.name} of ${id} could not be recounted`, { cause: error }));
    }
  });
  return rows;
}

import { setTimeout as sleep } from "node:timers/promises";
import { severalAtATime } from "@headline/service/slots";
import { AT_A_TIME, type Correction } from "./correction.js";
import { counterNames, type StatisticsDefinition } from "./definition.js";
import { recount } from "./recount.js";
import { readStatisticRows, type StatisticRow } from "./statistic-rows.js";
import { forgetHeldValue, type HeldValue, readHeldValues } from "./stored-value.js";

type Rows<Name extends string> = ReadonlyMap<bigint, StatisticRow<Name>>;
type Held<Name extends string> = ReadonlyMap<bigint, HeldValue<Name>>;

/** A value that is wrong beyond doubt, and the row that it contradicts. */
interface Finding<Name extends string> {
  readonly verdict: "wrong" | "stale" | "unreadable" | "future";
  readonly held: HeldValue<Name>;
  readonly row: StatisticRow<Name>;
}

/** Half a second in all: an offer that has not come by then will not come. */
const LOOK_AGAIN_AFTER_MS = [10, 40, 150, 300];

/** Compares what Redis has with `rows`, which were right a moment ago, and repairs it; Redis that is away is not checked. */
export async function correctRedis<Name extends string>(correction: Correction<Name>, rows: Rows<Name>): Promise<void> {
  const { definition, tally, onError } = correction;
  const held = await look(correction, [...rows.keys()]);
  const findings = held && (await lookAgain(correction, suspectsOf(held, rows), rows));
  if (held === undefined || findings === undefined) return;

  tally.checkedInRedis(held.size, [...held.values()].filter(({ kind }) => kind === "nothing").length);
  await severalAtATime(AT_A_TIME, findings, async ([id, finding]) => {
    const repaired = await repair(correction, id, finding).then(
      () => true,
      (error: unknown) => {
        onError(new Error(`${definition.name} of ${id} could not be repaired in Redis`, { cause: error }));
        return false;
      },
    );
    const where = finding.verdict === "stale" ? "stale" : "redis";
    for (const [name, error] of errorsOf(definition, finding)) tally.found(where, name, error, repaired);
  });
}

/** Values in Redis of `ids`, or undefined when it does not answer. */
async function look<Name extends string>(
  { definition, redis, cache, onError }: Correction<Name>,
  ids: readonly bigint[],
): Promise<Held<Name> | undefined> {
  try {
    const values = await readHeldValues(
      redis,
      definition,
      ids.map((id) => cache.key(id)),
    );
    return new Map(values.map((value, index) => [ids[index] as bigint, value]));
  } catch (error) {
    onError(new Error(`Redis was not checked for ${ids.length} of ${definition.name}`, { cause: error }));
    return undefined;
  }
}

function suspectsOf<Name extends string>(held: Held<Name>, rows: Rows<Name>): bigint[] {
  return [...rows].filter(([id, row]) => judge(held.get(id), row, row) !== "right").map(([id]) => id);
}

/**
 * A wrong value may be the work of live writers: a newer value is of a later commit, an older one is about to be
 * replaced by an offer that is on its way. So Redis is read again, and the rows after it, until only what no writer can
 * have left there remains.
 */
async function lookAgain<Name extends string>(
  correction: Correction<Name>,
  suspects: readonly bigint[],
  rows: Rows<Name>,
): Promise<Map<bigint, Finding<Name>> | undefined> {
  const findings = new Map<bigint, Finding<Name>>();
  let open = suspects;
  let before = rows;
  for (const afterMs of LOOK_AGAIN_AFTER_MS) {
    if (open.length === 0) break;
    await sleep(afterMs);
    const held = await look(correction, open);
    if (held === undefined) return undefined;
    const now = await readStatisticRows(correction.mysql, correction.definition, open);
    for (const [id, row] of now) {
      const value = held.get(id);
      if (value === undefined) continue;
      const verdict = judge(value, before.get(id) ?? row, row);
      if (verdict === "right") findings.delete(id);
      else findings.set(id, { verdict, held: value, row });
    }
    open = open.filter((id) => findings.get(id)?.verdict === "stale");
    before = now;
  }
  return findings;
}

/**
 * @param before the row as it was before Redis was read: what it has already had time to be offered.
 * @param row the row as it is after Redis was read: nothing newer can have been offered.
 */
function judge<Name extends string>(
  held: HeldValue<Name> | undefined,
  before: StatisticRow<Name>,
  row: StatisticRow<Name>,
): Finding<Name>["verdict"] | "right" {
  if (held === undefined || held.kind === "nothing") return "right";
  if (held.kind === "unreadable") return "unreadable";
  if (held.version > row.version) return "future";
  if (held.version < before.version) return "stale";
  const written = [before, row].find(({ version }) => version === held.version);
  if (written === undefined) return "right"; // of a commit between the two; the row's own offer is on its way
  const same = Object.entries(written.value).every(([name, count]) => held.counts[name as Name] === count);
  return same ? "right" : "wrong";
}

/** Puts the row in the place of what was found there, unless a writer has already. */
async function repair<Name extends string>(
  { definition, mysql, redis, cache }: Correction<Name>,
  id: bigint,
  { verdict, held, row: found }: Finding<Name>,
): Promise<void> {
  if (held.kind === "nothing") return;
  // Processes that read the value remember it with its version; a new version makes them ask again.
  const { row } =
    held.kind === "counts" ? await recount(mysql, definition, id, { beats: held.version }) : { row: found };
  if (verdict !== "stale") await forgetHeldValue(redis, cache.key(id), held.bytes);
  await cache.offer(id, row);
}

/** The counters that readers saw wrong, and by how much; what cannot be read, or never be replaced, is wrong as a whole. */
function errorsOf<Name extends string>(
  definition: StatisticsDefinition<Name>,
  { verdict, held, row }: Finding<Name>,
): [Name, number][] {
  const errors = counterNames(definition).map((name): [Name, number] => [
    name,
    held.kind === "counts" ? held.counts[name] - row.value[name] : 0,
  ]);
  return verdict === "unreadable" || verdict === "future" ? errors : errors.filter(([, error]) => error !== 0);
}

import { severalAtATime } from "@headline/service/slots";
import { pause } from "@headline/service/timing";
import { AT_A_TIME, type Correction } from "./correction.js";
import { counterNames, type StatisticsDefinition } from "./definition.js";
import { recount } from "./recount.js";
import { readStatisticRows, type StatisticRow } from "./statistic-rows.js";
import { type CachedValue, deleteCachedValue, readCachedValues } from "./stored-value.js";

type Rows<Name extends string> = ReadonlyMap<bigint, StatisticRow<Name>>;
type Cached<Name extends string> = ReadonlyMap<bigint, CachedValue<Name>>;

/** A value that is wrong beyond doubt, and the row that it contradicts. */
interface Finding<Name extends string> {
  readonly state: "wrong" | "stale" | "unreadable" | "future";
  readonly cached: CachedValue<Name>;
  readonly row: StatisticRow<Name>;
}

/** Half a second in all: an offer that has not come by then will not come. */
const LOOK_AGAIN_AFTER_MS = [10, 40, 150, 300];

/** Compares what Redis has with `rows`, which were right a moment ago, and repairs it; Redis that is away is not checked. */
export async function correctRedis<Name extends string>(correction: Correction<Name>, rows: Rows<Name>): Promise<void> {
  const { definition, tally, onError } = correction;
  const cached = await look(correction, [...rows.keys()]);
  const findings = cached && (await lookAgain(correction, suspectsOf(cached, rows), rows));
  if (cached === undefined || findings === undefined) return;

  tally.checkedInRedis(cached.size, [...cached.values()].filter(({ kind }) => kind === "nothing").length);
  await severalAtATime(AT_A_TIME, findings, async ([id, finding]) => {
    const repaired = await repair(correction, id, finding).then(
      () => true,
      (error: unknown) => {
        onError(new Error(`${definition.name} of ${id} could not be repaired in Redis`, { cause: error }));
        return false;
      },
    );
    const where = finding.state === "stale" ? "stale" : "redis";
    for (const [name, error] of errorsOf(definition, finding)) tally.found(where, name, error, repaired);
  });
}

/** Values in Redis of `ids`, or undefined when it does not answer. */
async function look<Name extends string>(
  { definition, redis, cache, onError }: Correction<Name>,
  ids: readonly bigint[],
): Promise<Cached<Name> | undefined> {
  try {
    const values = await readCachedValues(
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

function suspectsOf<Name extends string>(cached: Cached<Name>, rows: Rows<Name>): bigint[] {
  return [...rows].filter(([id, row]) => compare(cached.get(id), row, row) !== "right").map(([id]) => id);
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
    await pause(afterMs);
    const cached = await look(correction, open);
    if (cached === undefined) return undefined;
    const now = await readStatisticRows(correction.mysql, correction.definition, open);
    for (const [id, row] of now) {
      const value = cached.get(id);
      if (value === undefined) continue;
      const state = compare(value, before.get(id) ?? row, row);
      if (state === "right") findings.delete(id);
      else findings.set(id, { state, cached: value, row });
    }
    open = open.filter((id) => findings.get(id)?.state === "stale");
    before = now;
  }
  return findings;
}

/**
 * @param before the row as it was before Redis was read: what it has already had time to be offered.
 * @param row the row as it is after Redis was read: nothing newer can have been offered.
 */
function compare<Name extends string>(
  cached: CachedValue<Name> | undefined,
  before: StatisticRow<Name>,
  row: StatisticRow<Name>,
): Finding<Name>["state"] | "right" {
  if (cached === undefined || cached.kind === "nothing") return "right";
  if (cached.kind === "unreadable") return "unreadable";
  if (cached.version > row.version) return "future";
  if (cached.version < before.version) return "stale";
  const written = [before, row].find(({ version }) => version === cached.version);
  if (written === undefined) return "right"; // of a commit between the two; the row's own offer is on its way
  const same = Object.entries(written.value).every(([name, count]) => cached.counts[name as Name] === count);
  return same ? "right" : "wrong";
}

/** Puts the row in the place of what was found there, unless a writer has already. */
async function repair<Name extends string>(
  { definition, mysql, redis, cache }: Correction<Name>,
  id: bigint,
  { state, cached, row: found }: Finding<Name>,
): Promise<void> {
  if (cached.kind === "nothing") return;
  // Processes that read the value remember it with its version; a new version makes them ask again.
  const { row } =
    cached.kind === "counts" ? await recount(mysql, definition, id, { beats: cached.version }) : { row: found };
  if (state !== "stale") await deleteCachedValue(redis, cache.key(id), cached.bytes);
  await cache.offer(id, row);
}

/** The counters that readers saw wrong, and by how much; what cannot be read, or never be replaced, is wrong as a whole. */
function errorsOf<Name extends string>(
  definition: StatisticsDefinition<Name>,
  { state, cached, row }: Finding<Name>,
): [Name, number][] {
  const errors = counterNames(definition).map((name): [Name, number] => [
    name,
    cached.kind === "counts" ? cached.counts[name] - row.value[name] : 0,
  ]);
  return state === "unreadable" || state === "future" ? errors : errors.filter(([, error]) => error !== 0);
}

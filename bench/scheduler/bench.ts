import { table } from "../lib/table.js";
import { benchDispatch } from "./dispatch.js";
import { benchMemoryStore } from "./memory-store.js";
import { benchMysqlStore } from "./mysql-store.js";
import { benchPostgresStore } from "./postgres-store.js";
import { benchRedisLateness } from "./redis-lateness.js";
import { benchRedisStore } from "./redis-store.js";
import type { Row } from "./row.js";
import { benchTriggers } from "./triggers.js";

const QUESTIONS: readonly (readonly [string, () => Promise<readonly Row[]>])[] = [
  ["triggers", benchTriggers],
  ["memory store", benchMemoryStore],
  ["dispatch", benchDispatch],
  ["Redis store", benchRedisStore],
  ["Redis store, lateness", benchRedisLateness],
  ["MySQL store", benchMysqlStore],
  ["PostgreSQL store", benchPostgresStore],
];

/** Every row of the scheduling package's figures, peers in the same run. */
export async function benchScheduler(say: (line: string) => void): Promise<void> {
  for (const [name, measure] of QUESTIONS) {
    say(`\n${name}`);
    const rows = await measure();
    say(table([["", "ours", "peer", "ratio", "goal", ""], ...rows.map(cells)]));
  }
}

function cells({ what, ours, peer, ratio, goal, met }: Row): string[] {
  const times = typeof ratio === "number" ? `${ratio.toPrecision(2)}×` : (ratio ?? "");
  return [what, ours, peer, times, goal, met ? "met" : "NOT met"];
}

import { throwawayStore } from "./open-store.js";
import { playChaos } from "./play-chaos.js";

/** `npm run chaos -w packages/scheduler -- [rounds]`: plays 50 rounds on each of SQLite, MySQL, PostgreSQL and Redis, by default. */
const rounds = Number(process.argv[2] ?? 50);
let failed = 0;
for (const kind of ["sqlite", "mysql", "postgres", "redis"] as const) {
  await using server = await throwawayStore(kind);
  console.log(`${kind}, lease 2,000 ms`);
  const report = await playChaos({ url: server.url, rounds, onRound: (line) => console.log(`  ${line}`) });
  const { lost, doubled, overlaps, recoveriesMs, starts } = report;
  const sorted = [...recoveriesMs].sort((a, b) => a - b);
  console.log(
    `  ${starts} starts: ${lost.length} late jobs lost, ${doubled.length} early jobs doubled, ${overlaps.length} overlaps; ` +
      `recovery median ${sorted[sorted.length >> 1]} ms, longest ${sorted.at(-1)} ms`,
  );
  failed += lost.length + doubled.length + overlaps.length;
}
console.log(failed === 0 ? "nothing lost, nothing doubled" : `${failed} promises broken`);
process.exitCode = failed === 0 ? 0 : 1;

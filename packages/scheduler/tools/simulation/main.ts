import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { playWorld, type WorldReport } from "./world.js";

/** `npm run simulate -w packages/scheduler -- [seeds] [first] [minutes]`: plays 1,000 seeds of 20 virtual minutes by default. */
const [seeds = 1_000, first = 1, minutes = 20] = process.argv.slice(2).map(Number);

if (process.send !== undefined) {
  for (let seed = first; seed < first + seeds; seed++) process.send(await playWorld({ seed, minutes }));
  process.disconnect();
} else {
  const processes = Math.min(availableParallelism(), seeds);
  const share = Math.ceil(seeds / processes);
  const reports: WorldReport[] = [];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: processes }, (_, at) => {
      const from = first + at * share;
      return playInChild(Math.min(share, first + seeds - from), from, reports);
    }),
  );
  printReport(reports, (performance.now() - startedAt) / 1_000);
}

function playInChild(count: number, from: number, reports: WorldReport[]): Promise<void> {
  if (count <= 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [count, from, minutes].map(String));
    child.on("message", (report: WorldReport) => {
      reports.push(report);
      for (const violation of report.violations) console.log(`seed ${report.seed}: ${violation}`);
      if (reports.length % 100 === 0) console.log(`${reports.length} of ${seeds} seeds`);
    });
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`a simulating process ended with ${code}`)),
    );
  });
}

function printReport(reports: readonly WorldReport[], seconds: number): void {
  const sum = (of: (report: WorldReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const broken = reports.filter(({ violations }) => violations.length > 0);
  const rate = Math.round((sum(() => minutes) * 60) / seconds);
  console.log(
    `${reports.length} seeds of ${minutes} virtual minutes in ${seconds.toFixed(0)} s (${rate} times real time)`,
  );
  console.log(
    `${sum((r) => r.starts)} starts, ${sum((r) => r.effects)} effects, ${sum((r) => r.kills)} kills, ${sum((r) => r.pauses)} pauses, ` +
      `${sum((r) => r.reclaimed)} takeovers, ${sum((r) => r.lost)} early runs lost with their process`,
  );
  console.log(
    `${reports.length - broken.length} passed, ${broken.length} failed${broken.length > 0 ? `: seeds ${broken.map((r) => r.seed)}` : ""}`,
  );
  process.exitCode = broken.length > 0 || reports.length !== seeds ? 1 : 0;
}

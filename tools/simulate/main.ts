/**
 * `npm run simulate`: readers with hidden tastes use the running system over HTTP, and what they click is compared with a
 * popularity feed and an oracle in the same run. See options.ts.
 */
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { orUsage, printHelp } from "../lib/command-line.js";
import { type Progress, progressOf } from "../lib/progress.js";
import { NoAnswer } from "./http-client.js";
import { summaryOf } from "./measures.js";
import { readOptions, type SimulationOptions, USAGE } from "./options.js";
import { plotSvg } from "./plot.js";
import { report } from "./report.js";
import { type Simulated, simulate } from "./simulate.js";
import { openThrowawaySystem } from "./throwaway-system.js";

const DATA = resolve(process.env["HEADLINE_DATA_DIR"] || fileURLToPath(new URL("../../.data", import.meta.url)));

const args = process.argv.slice(2);
printHelp(USAGE, args);
const options = orUsage(USAGE, () => readOptions(args, join(DATA, "simulation.svg")));
refuseUnwritable("--plot", options.plot);
if (options.json !== undefined) refuseUnwritable("--json", options.json);
const interrupted = new AbortController();
process.once("SIGINT", () => {
  say("\nstopping; the measures so far are shown. Ctrl-C again stops at once");
  interrupted.abort();
  process.once("SIGINT", () => process.exit(130));
});

try {
  const startedAt = performance.now();
  const simulated = await run(options);
  writeReport(simulated, options);
  say(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s in all`);
} catch (error) {
  if (interrupted.signal.aborted) end("Interrupted before there was anything to measure.", 130);
  end(error instanceof NoAnswer ? error.message : String((error as Error).stack ?? error), 1);
}
process.exit(0);

async function run({ url, ...sizes }: SimulationOptions): Promise<Simulated> {
  if (url !== undefined) return simulateAt(url, sizes);
  say("starting a system of its own");
  await using system = await openThrowawaySystem();
  return await simulateAt(system.url, sizes);
}

async function simulateAt(url: string, sizes: Omit<SimulationOptions, "url">): Promise<Simulated> {
  let progress: Progress | undefined;
  const simulated = await simulate({
    ...sizes,
    url,
    signal: interrupted.signal,
    onStage: (stage, total) => {
      progress?.end();
      say(`${stage}: ${total.toLocaleString("en")}`);
      progress = progressOf(total, process.stdout);
    },
    onDone: (done) => progress?.show(done),
  });
  progress?.end();
  return simulated;
}

function writeReport({ rounds, failures }: Simulated, { url, plot, json, ...sizes }: SimulationOptions): void {
  if (rounds.length === 0) throw new Error("no round was complete");
  const summary = summaryOf(rounds);
  say(report(rounds, summary, failures));
  const { readers, articles, publish, seed } = sizes;
  writeFileSync(
    plot,
    plotSvg(rounds, `${readers} readers, ${articles} articles and ${publish} more a round, seed ${seed}`),
  );
  say(`\nplot: ${resolve(plot)}`);
  if (json === undefined) return;
  writeFileSync(json, `${JSON.stringify({ options: sizes, summary, failures, rounds }, undefined, 2)}\n`);
  say(`figures: ${resolve(json)}`);
}

/** Before minutes are spent on what could then not be written. */
function refuseUnwritable(option: string, path: string): void {
  try {
    if (dirname(path) === DATA) mkdirSync(DATA, { recursive: true, mode: 0o700 });
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
  } catch (error) {
    end(`${option}: ${path} cannot be written (${(error as NodeJS.ErrnoException).code})`, 1);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function end(message: string, code: number): never {
  process.stderr.write(`\n${message}\n`);
  process.exit(code);
}

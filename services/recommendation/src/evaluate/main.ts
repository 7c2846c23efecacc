import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Evaluation, evaluate } from "./evaluate.js";
import { BadOption, type EvaluateOptions, readOptions, USAGE } from "./options.js";
import { plot } from "./plot.js";
import { createProgress, type Progress } from "./progress.js";
import { BadLog } from "./read-log.js";
import { asJson, asText, spreadAsText } from "./report.js";

/** npm run evaluate: how well the service would have chosen and ranked what a log says readers saw. */
async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  for (const path of [options.json, options.plot]) if (path !== undefined) makeFolderOf(path);
  const startedMs = performance.now();
  const progress = createProgress(process.stderr);
  const evaluation = await evaluate(options, progress);
  progress.end();
  process.stdout.write(asText(evaluation, options, performance.now() - startedMs));
  if (options.seeds > 1) await compareSeeds(evaluation, options, progress);
  if (options.json !== undefined) write("--json", options.json, asJson(evaluation, options));
  write("--plot", options.plot, plotOf(evaluation, options));
  process.stdout.write(`AUC over time: ${resolve(options.plot)}\n`);
}

/** Runs the other seeds, and prints how far the figures of all differ. */
async function compareSeeds(first: Evaluation, options: EvaluateOptions, progress: Progress): Promise<void> {
  const seeds = Array.from({ length: options.seeds }, (_, at) => options.seed + at);
  const evaluations = [first];
  for (const seed of seeds.slice(1)) evaluations.push(await evaluate({ ...options, seed }, progress));
  progress.end();
  process.stdout.write(spreadAsText(evaluations, seeds));
}

function plotOf({ methods, streamed }: Evaluation, { test }: EvaluateOptions): string {
  const series = methods.map((name) => ({ name, points: streamed.overTime(name, "auc", 3) }));
  return plot(`AUC of each three hours, ${test}`, series);
}

/** Before the work, so that it is not done for nothing. */
function makeFolderOf(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (cause) {
    throw new BadOption(`${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

function write(option: string, path: string, content: string): void {
  try {
    writeFileSync(path, content);
  } catch (cause) {
    throw new BadOption(`${option} ${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

const given = process.argv.slice(2);
try {
  if (given.includes("--help") || given.includes("-h")) process.stdout.write(`Usage: ${USAGE}\n`);
  else await main(given);
} catch (error) {
  if (!(error instanceof BadOption || error instanceof BadLog)) throw error;
  process.stderr.write(`${error.message}\n${error instanceof BadOption ? `${USAGE}\n` : ""}`);
  process.exitCode = error instanceof BadOption ? 2 : 1;
}

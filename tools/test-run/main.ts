/**
 * `npm test [-- pattern]`: runs Jest over the workspace and ends with one line of counts.
 * `--unit` runs the tests that need no server, `--perf` the files `*.perf.test.ts` and nothing else, `--long` drives longer.
 * It always ends: a run longer than HEADLINE_TEST_MINUTES is stopped and names what was running, a set-up that fails ends the
 * run with its reason, and a Jest that has its results but does not leave (a test left something open) is ended, and said
 * to be. However it ends, no process and no folder of it stays (end-test-run.ts).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../lib/root.js";
import { unitTests } from "./unit-tests.js";

// By its path: the package exports neither its program nor a way to it.
const JEST = join(root, "node_modules/jest/bin/jest.js");
/** The names of unix sockets have at most 107 characters. */
const TMPDIR_LENGTH_MAX = 50;
const LEAVE_MS = 10_000;
const ENDING_MS = 5_000;
const LOOK_EVERY_MS = 100;
const MODES: Readonly<Record<string, string>> = { "--unit": "unit", "--perf": "perf", "--long": "long" };

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

interface Progress {
  readonly passed: number;
  readonly failed: number;
  readonly running: readonly string[];
}

interface Summary {
  readonly line: string;
  readonly failed: number;
}

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  process.stdout.write("Usage: npm test [-- --unit|--perf|--long] [-- part of a path] [-- options of Jest]\n");
  process.exit(0);
}
const mode = args.map((arg) => MODES[arg]).find((found) => found !== undefined);
const minutes = Number(process.env["HEADLINE_TEST_MINUTES"] || (mode === "long" ? 60 : 20));
const folder = mkdtempSync(join(tmpdir().length > TMPDIR_LENGTH_MAX ? "/tmp" : tmpdir(), "headline-run-"));
const results = join(folder, "results.json");
const progress = join(folder, "progress.json");
const setUpFailure = join(folder, "set-up-failed.txt");

const run = startJest(args.filter((arg) => MODES[arg] === undefined));
const cleaner = startCleaner();
let resultsSeenAt: number | undefined;
let ending = false;
const deadline = setTimeout(
  () => end(`The tests did not end within ${minutes} minutes and are stopped.`),
  minutes * 60_000,
);
const looking = setInterval(look, LOOK_EVERY_MS);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => end(`The tests are stopped (${signal}).`));

const [code] = await once(run, "exit");
clearTimeout(deadline);
clearInterval(looking);
const { line, failed } = summary();
cleaner.stdin?.end();
await once(cleaner, "exit");
process.stdout.write(`${line}\n`);
process.exit(code || (failed ? 1 : 0));

/** In a process group of its own, so that ending it ends its workers and what they started; its temporary files are the run's. */
function startJest(patterns: readonly string[]): ChildProcess {
  const reporters = ["--reporters=default", `--reporters=${join(root, "tools/test-run/unfinished-reporter.mjs")}`];
  const output = ["--json", `--outputFile=${results}`];
  const matches = mode === "unit" ? unitTests(root).map((file) => `--testMatch=${file}`) : [];
  return spawn(
    process.execPath,
    ["--experimental-vm-modules", "--no-warnings", JEST, ...patterns, ...matches, ...output, ...reporters],
    // Jest prints the same JSON to standard output, which is of no use to a reader.
    {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
      detached: true,
      env: {
        ...process.env,
        TMPDIR: folder,
        HEADLINE_TEST_RUN: folder,
        HEADLINE_TEST_PROGRESS: progress,
        ...(mode !== undefined && { HEADLINE_TEST_MODE: mode }),
        ...(mode === "long" && { HEADLINE_TEST_LONG: "1" }),
      },
    },
  );
}

/** Cleans up when its standard input ends: at the end of this process, even by kill -9. */
function startCleaner(): ChildProcess {
  const program = ["--import", "tsx", join(root, "tools/test-run/end-test-run.ts")];
  return spawn(process.execPath, [...program, folder, String(run.pid)], {
    cwd: root,
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
  });
}

function look(): void {
  if (existsSync(setUpFailure)) {
    end(`The set-up of the tests failed: ${readFileSync(setUpFailure, "utf8")}`, "SIGKILL");
    return;
  }
  if (!existsSync(results)) return;
  resultsSeenAt ??= performance.now();
  if (performance.now() - resultsSeenAt > LEAVE_MS)
    end("Every test has ended, but one of them left something open that keeps Jest alive.");
}

function end(why: string, signal: NodeJS.Signals = "SIGTERM"): void {
  if (ending) return;
  ending = true;
  process.stderr.write(`${why}\n`);
  signalGroup(signal);
  setTimeout(() => signalGroup("SIGKILL"), ENDING_MS).unref();
}

function signalGroup(signal: NodeJS.Signals): void {
  if (run.pid === undefined) return;
  try {
    process.kill(-run.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A suite that did not even load counts as one failure, and so does one that never ended. */
function summary(): Summary {
  const report = readJson<Report>(results);
  if (report !== undefined) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests } = report;
    return counted(numPassedTests, numFailedTests + numRuntimeErrorTestSuites, numPendingTests + numTodoTests);
  }
  const { passed, failed, running } = readJson<Progress>(progress) ?? { passed: 0, failed: 1, running: [] };
  if (existsSync(setUpFailure)) return counted(passed, Math.max(1, failed), 0);
  for (const file of running) process.stderr.write(`UNFINISHED ${file}\n`);
  return counted(passed, Math.max(1, failed + running.length), 0);
}

function counted(passed: number, failed: number, skipped: number): Summary {
  const counts = `${passed} passed, ${failed} failed`;
  return { line: skipped > 0 ? `${counts}, ${skipped} skipped` : counts, failed };
}

function readJson<Content>(path: string): Content | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Content;
  } catch {
    return undefined; // Jest did not come that far, and has said why
  }
}

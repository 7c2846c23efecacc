/**
 * `npm test [-- pattern]`: runs Jest over the workspace and ends with one line that says how it went.
 * It always ends: a run longer than HEADLINE_TEST_MINUTES (10) is stopped and names what was running, and a Jest that
 * has its results but does not leave (a test left something open) is ended, and said to be.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./lib/root.mjs";

// By its path: the package exports neither its program nor a way to it.
const jest = join(root, "node_modules/jest/bin/jest.js");
const folder = mkdtempSync(join(tmpdir(), "headline-jest-"));
const results = join(folder, "results.json");
const progress = join(folder, "progress.json");
const minutes = Number(process.env.HEADLINE_TEST_MINUTES || 10);
const LEAVE_MS = 10_000;
const ENDING_MS = 5_000;

const run = startJest(process.argv.slice(2));
const deadline = setTimeout(
  () => end(`The tests did not end within ${minutes} minutes and are stopped.`),
  minutes * 60_000,
);
const leaving = setInterval(watchForResults, 1_000);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => signalGroup(signal));
run.once("exit", (code) => {
  clearTimeout(deadline);
  clearInterval(leaving);
  const { line, failed } = summary();
  process.stdout.write(`${line}\n`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(code || (failed ? 1 : 0));
});

/** In a process group of its own, so that ending it ends its workers and what they started. */
function startJest(patterns) {
  const reporters = ["--reporters=default", `--reporters=${join(root, "scripts/lib/unfinished-reporter.mjs")}`];
  const output = ["--json", `--outputFile=${results}`];
  return spawn(
    process.execPath,
    ["--experimental-vm-modules", "--no-warnings", jest, ...patterns, ...output, ...reporters],
    // Jest prints the same JSON to standard output, which nobody wants to read.
    {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
      detached: true,
      env: { ...process.env, HEADLINE_TEST_PROGRESS: progress },
    },
  );
}

function watchForResults() {
  if (!existsSync(results)) return;
  clearInterval(leaving);
  setTimeout(
    () => end("Every test has ended, but one of them left something open that keeps Jest alive."),
    LEAVE_MS,
  ).unref();
}

function end(why) {
  process.stderr.write(`${why}\n`);
  signalGroup("SIGTERM");
  setTimeout(() => signalGroup("SIGKILL"), ENDING_MS).unref();
}

function signalGroup(signal) {
  try {
    process.kill(-run.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** A suite that did not even load counts as one failure, and so does one that never ended. */
function summary() {
  const report = readJson(results);
  if (report !== undefined) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests } = report;
    return counted(numPassedTests, numFailedTests + numRuntimeErrorTestSuites, numPendingTests + numTodoTests);
  }
  const { passed, failed, running } = readJson(progress) ?? { passed: 0, failed: 1, running: [] };
  for (const file of running) process.stderr.write(`UNFINISHED ${file}\n`);
  return counted(passed, Math.max(1, failed + running.length), 0);
}

function counted(passed, failed, skipped) {
  const counts = `${passed} passed, ${failed} failed`;
  return { line: skipped > 0 ? `${counts}, ${skipped} skipped` : counts, failed };
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined; // Jest did not come that far, and has said why
  }
}

/** `npm test [-- pattern]`: runs Jest over the workspace and ends with one line that says how it went. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./lib/root.mjs";

// By its path: the package exports neither its program nor a way to it.
const jest = join(root, "node_modules/jest/bin/jest.js");
const folder = mkdtempSync(join(tmpdir(), "headline-jest-"));
const results = join(folder, "results.json");

try {
  const { status } = spawnSync(
    process.execPath,
    ["--experimental-vm-modules", "--no-warnings", jest, "--json", `--outputFile=${results}`, ...process.argv.slice(2)],
    // Jest prints the same JSON to standard output, which nobody wants to read.
    { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
  );
  process.stdout.write(`${summary()}\n`);
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A suite that did not even load counts as one failure. */
function summary() {
  let report;
  try {
    report = JSON.parse(readFileSync(results, "utf8"));
  } catch {
    return "0 passed, 1 failed"; // Jest has said above why there are no results
  }
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests } = report;
  const skipped = numPendingTests + numTodoTests;
  const counts = `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`;
  return skipped > 0 ? `${counts}, ${skipped} skipped` : counts;
}

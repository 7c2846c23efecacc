/** `npm run check`: runs each step of CI and prints its time; the first failure ends it. `--no-tests` leaves the tests out. */
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { commandLine } from "../lib/command-line.js";
import { root } from "../lib/root.js";
import { formatSeconds } from "../lib/terminal.js";

const { values } = commandLine({
  usage:
    "npm run check [-- --no-tests]\n\nStubs, lint, layers, SQL and words, breaking changes, types, build, packages, and the tests unless --no-tests is given.",
  options: { "no-tests": { type: "boolean", default: false } },
});

type Step = readonly [name: string, command: string, args: readonly string[]];
const STEPS: readonly Step[] = [
  ["stubs are what the protos say", "tsx", ["tools/generate/stubs.ts", "--check"]],
  ["the client is what the gateway's schemas say", "tsx", source("tools/generate/client.ts", "--check")],
  ["lint and format", "biome", ["check", "."]],
  ["layers, SQL, circles and words", "tsx", ["tools/check/house.ts"]],
  ["proto lint", "buf", ["lint"]],
  ["proto format", "buf", ["format", "proto", "-d", "--exit-code"]],
  ["the contract of the last release holds", "tsx", ["tools/check/breaking.ts"]],
  ["types", "tsc", ["-p", "tsconfig.json"]],
  ["build", "turbo", ["run", "build", "--output-logs=errors-only"]],
  ["packages are whole when they are installed", "tsx", source("tools/release/check.ts")],
  ["every export of the packages has a sentence", "tsx", source("tools/release/docs.ts", "--check")],
];
const TESTS: Step = ["tests", "tsx", ["tools/test-run/main.ts"]];

const before = treeState();
for (const step of values["no-tests"] ? STEPS : [...STEPS, TESTS]) run(step);

// On a developer's machine others may write meanwhile.
const changed = treeState();
if (process.env["CI"] === "true" && changed !== before) {
  process.stderr.write(`\nThe checks changed files that are committed:\n${changed}\n`);
  process.exit(1);
}

function source(...args: readonly string[]): readonly string[] {
  return ["--conditions=headline-source", ...args];
}

function run([name, command, args]: Step): void {
  const startedAt = performance.now();
  process.stdout.write(`\n── ${name}\n`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env["PATH"]}`,
      TURBO_TELEMETRY_DISABLED: "1",
    },
  });
  if (status !== 0) {
    process.stderr.write(`\n${name}: failed${error ? ` (${error.message})` : ""}\n`);
    process.exit(1);
  }
  process.stdout.write(`   ${formatSeconds(performance.now() - startedAt)}\n`);
}

/** Changes that git sees; a check must leave them as they were. */
function treeState(): string {
  return spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }).stdout;
}

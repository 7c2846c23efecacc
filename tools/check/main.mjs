/** `npm run check`: what CI runs. Each step's name and time; the first that fails ends it. `--no-tests` leaves the tests out. */
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { commandLine } from "../lib/command-line.mjs";
import { root } from "../lib/root.mjs";

const { values } = commandLine({
  usage:
    "npm run check [-- --no-tests]\n\nStubs, lint, breaking changes, types, build, and the tests unless --no-tests is given.",
  options: { "no-tests": { type: "boolean", default: false } },
});

const steps = [
  ["stubs are what the protos say", "node", ["tools/generate/stubs.mjs", "--check"]],
  [
    "the client is what the gateway's schemas say",
    "tsx",
    ["--conditions=source", "tools/generate/client.ts", "--check"],
  ],
  ["lint and format", "biome", ["check", "."]],
  ["proto lint", "buf", ["lint"]],
  ["proto format", "buf", ["format", "proto", "-d", "--exit-code"]],
  ["nobody's contract breaks", "node", ["tools/check/breaking.mjs"]],
  ["types", "tsc", ["-p", "tsconfig.json"]],
  ["build", "turbo", ["run", "build", "--output-logs=errors-only"]],
  ...(values["no-tests"] ? [] : [["tests", "node", ["tools/test-run/main.mjs"]]]),
];

const before = treeState();
for (const [name, command, args] of steps) {
  const startedAt = performance.now();
  process.stdout.write(`\n── ${name}\n`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}`,
      TURBO_TELEMETRY_DISABLED: "1",
    },
  });
  if (status !== 0) {
    process.stderr.write(`\n${name}: failed${error ? ` (${error.message})` : ""}\n`);
    process.exit(1);
  }
  process.stdout.write(`   ${((performance.now() - startedAt) / 1_000).toFixed(1)} s\n`);
}

// On a developer's machine others may write meanwhile.
const changed = treeState();
if (process.env.CI === "true" && changed !== before) {
  process.stderr.write(`\nThe checks changed files that are committed:\n${changed}\n`);
  process.exit(1);
}

/** What git sees as changed; a check must leave it as it was. */
function treeState() {
  return spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }).stdout;
}

/** `npm run generate`: the stubs and the reasons of proto/, the types of the client and the assets of the dashboard; `--check` compares instead. */
import { spawnSync } from "node:child_process";
import { commandLine } from "../lib/command-line.js";
import { root } from "../lib/root.js";

const STEPS = [
  "tools/generate/stubs.ts",
  "tools/generate/reasons.ts",
  "tools/generate/client.ts",
  "tools/generate/tables.ts",
  "packages/scheduler/tools/bundle-dashboard.ts",
];

const { values } = commandLine({
  usage:
    "npm run generate [-- --check]\n\nGenerates the stubs and the reasons of proto/, the types of the client and the assets of the dashboard; with --check compares them with what is committed.",
  options: { check: { type: "boolean", default: false } },
});

for (const step of STEPS) {
  const args = ["--import", "tsx", "--conditions=headline-source", step, ...(values.check ? ["--check"] : [])];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

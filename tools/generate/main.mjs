/** `npm run generate`: the stubs from proto/, then the client's types from the gateway's schemas and the scheduler's dashboard; `--check` compares instead. */
import { spawnSync } from "node:child_process";
import { commandLine } from "../lib/command-line.mjs";
import { root } from "../lib/root.mjs";

const { values } = commandLine({
  usage:
    "npm run generate [-- --check]\n\nThe stubs of proto/, the types of the client and the assets of the dashboard; with --check compares them with what is committed.",
  options: { check: { type: "boolean", default: false } },
});
const check = values.check ? ["--check"] : [];
const steps = [
  ["tools/generate/stubs.mjs"],
  ["--import", "tsx", "--conditions=source", "tools/generate/client.ts"],
  ["--import", "tsx", "packages/scheduler/tools/bundle-dashboard.ts"],
];
for (const step of steps) {
  const { status } = spawnSync(process.execPath, [...step, ...check], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

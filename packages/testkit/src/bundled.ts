import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, renameSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setUp } from "./set-up.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const REQUIRE =
  'import { createRequire as createRequireOf } from "node:module"; const require = createRequireOf(import.meta.url);';

const bundles = new Map<string, Promise<string>>();

/**
 * A program of a test in one file, bundled from its sources once in a run: it starts in a quarter of the processor time that
 * it takes to load the sources one by one.
 */
export function bundled(entry: string): Promise<string> {
  const known = bundles.get(entry) ?? setUp(`bundling ${entry}`, () => bundle(entry));
  bundles.set(entry, known);
  return known;
}

async function bundle(entry: string): Promise<string> {
  const run = runFolder();
  const finished = join(run, `bundled-${createHash("sha1").update(entry).digest("hex")}`);
  const main = join(finished, "main.mjs");
  if (existsSync(main)) return main;
  const folder = mkdtempSync(join(run, "bundling-"));
  await promisify(execFile)(
    join(ROOT, "node_modules/.bin/esbuild"),
    [
      ...[entry, "--bundle", "--format=esm", "--platform=node", `--target=node${process.versions.node}`],
      ...[
        "--conditions=headline-source",
        `--banner:js=${REQUIRE}`,
        `--outfile=${join(folder, "main.mjs")}`,
        "--log-level=error",
      ],
    ],
    { cwd: ROOT },
  );
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules")); // of what is asked for by name
  try {
    renameSync(folder, finished);
  } catch (error) {
    if (!existsSync(main)) throw error; // else another worker was faster, and its own is as good
  }
  return main;
}

/** The folder of this run of Jest, which its global teardown removes. */
function runFolder(): string {
  const url = process.env["HEADLINE_TEST_MYSQL_URL"];
  if (url === undefined) return mkdtempSync(join(tmpdir(), "headline-bundled-"));
  return dirname(new URL(url).searchParams.get("socketPath") as string);
}

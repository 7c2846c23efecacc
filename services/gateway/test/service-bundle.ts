import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setUp } from "@headline/testkit";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** As tools/launcher/bundle.ts bundles them for npm start: beside the service itself, the threads that it starts. */
const WORKERS: Record<string, readonly string[]> = { recommendation: ["learning/forest-worker.ts"] };
const REQUIRE =
  'import { createRequire as createRequireOf } from "node:module"; const require = createRequireOf(import.meta.url);';

const bundles = new Map<string, Promise<string>>();

/**
 * The main.js of a service, bundled from its sources once in a test run: it starts in a quarter of the processor time that it
 * takes to load the sources one by one.
 */
export function bundledService(name: string): Promise<string> {
  const known = bundles.get(name) ?? setUp(`bundling the ${name} service`, () => bundle(name));
  bundles.set(name, known);
  return known;
}

async function bundle(name: string): Promise<string> {
  const run = runFolder();
  const finished = join(run, `bundled-${name}`);
  const main = join(finished, "main.js");
  if (existsSync(main)) return main;
  const folder = mkdtempSync(join(run, `bundling-${name}-`));
  const sources = join(ROOT, "services", name, "src");
  const entries = ["main.ts", ...(WORKERS[name] ?? [])].map((file) => join(sources, file));
  await promisify(execFile)(
    join(ROOT, "node_modules/.bin/esbuild"),
    [
      ...entries,
      ...["--bundle", "--splitting", "--format=esm", "--platform=node", `--target=node${process.versions.node}`],
      ...[
        "--conditions=headline-source",
        "--external:@node-rs/argon2",
        "--external:@node-rs/jieba",
        "--entry-names=[name]",
      ],
      ...[`--banner:js=${REQUIRE}`, `--outdir=${folder}`, "--log-level=error"],
    ],
    { cwd: ROOT },
  );
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules")); // of native packages, and of what is asked for by name
  try {
    renameSync(folder, finished);
  } catch (error) {
    if (!existsSync(main)) throw error; // else another worker was faster, and its own is as good
  }
  return main;
}

/** The folder of this run of Jest, which its global teardown removes. */
export function runFolder(): string {
  const url = new URL(process.env["HEADLINE_TEST_MYSQL_URL"] as string);
  return dirname(url.searchParams.get("socketPath") as string);
}

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.js";
import { isUnchanged, type Snapshot, snapshotOf } from "./snapshot.js";

const FOLDER = join(root, "tools/dist/start");
const INPUTS = join(FOLDER, "inputs.json");

/**
 * Programs of a start by the name of their bundle. A service's `-preload` holds the code that its main runs, and can be loaded before it;
 * the threads of a service stand beside it under the names by which it starts them.
 */
const ENTRIES = {
  launch: "tools/launcher/launch.ts",
  "hosted-service": "tools/launcher/hosted-service.ts",
  recommendation: "services/recommendation/src/main.ts",
  "recommendation-preload": "services/recommendation/src/open-recommendation.ts",
  "forest-worker": "services/recommendation/src/learning/forest-worker.ts",
  gateway: "services/gateway/src/main.ts",
  "gateway-preload": "services/gateway/src/open-gateway.ts",
  jobs: "services/jobs/src/main.ts",
  "jobs-preload": "services/jobs/src/open-jobs.ts",
  "thread-worker": "packages/scheduler/src/executors/thread-worker.ts",
} as const;

/** Native packages, found in node_modules at run time, and optional peers that are not installed. */
const EXTERNAL = ["@node-rs/argon2", "@node-rs/jieba"];
/** CommonJS packages inside a module still ask for `require`. */
const REQUIRE =
  'import { createRequire as createRequireOf } from "node:module"; const require = createRequireOf(import.meta.url);';
/** Decide how imports resolve, and are no inputs of a bundle themselves. */
const RESOLUTION = ["package-lock.json", "tools/launcher/bundle.ts"];

export type BundleName = keyof typeof ENTRIES;

export function bundlePath(name: BundleName): string {
  return join(FOLDER, `${name}.js`);
}

/** Whether the bundles are of the sources as they are; costs a look at the time of each. */
export function isBundled(): boolean {
  return isUnchanged(INPUTS, root);
}

/** Bundles the services and the launcher from their sources, without a check of types: a few files load in less than half the time. */
export async function bundle(): Promise<void> {
  const { build, stop } = await import("esbuild");
  rmSync(FOLDER, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: FOLDER,
    bundle: true,
    splitting: true,
    metafile: true,
    format: "esm",
    platform: "node",
    target: `node${process.versions.node}`,
    conditions: ["headline-source"],
    external: EXTERNAL,
    banner: { js: REQUIRE },
    logLevel: "error",
  });
  await stop(); // its process would stay as long as this one
  const inputs: Snapshot = snapshotOf(root, [...Object.keys(metafile.inputs), ...RESOLUTION]);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(INPUTS, JSON.stringify(inputs));
}

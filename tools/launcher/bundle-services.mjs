import { readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "../lib/root.mjs";

const SERVICES = ["recommendation", "gateway", "jobs"];
/** Threads that a service starts, beside its main.js. */
const WORKERS = { recommendation: ["learning/forest-worker.js"] };
/** Programs of their own, found beside the bundle at run time. */
const NATIVE = ["@node-rs/argon2", "@node-rs/jieba"];
/** CommonJS packages inside a module still ask for `require`. */
const REQUIRE =
  'import { createRequire as createRequireOf } from "node:module"; const require = createRequireOf(import.meta.url);';

/**
 * Makes a few files of the many hundreds that a service imports, which load in less than half the time. `main.js` holds
 * what runs; everything else is in chunks that can be loaded before.
 */
export async function bundleServices() {
  const { build, stop } = await import("esbuild");
  await Promise.all(SERVICES.map((name) => bundle(build, join(root, "services", name, "dist"), WORKERS[name] ?? [])));
  await stop(); // its process would stay as long as ours
}

export function bundledMain(name) {
  return join(root, "services", name, "dist/bundled/main.js");
}

async function bundle(build, dist, workers) {
  const outdir = join(dist, "bundled");
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: {
      main: join(dist, "main.js"),
      ...Object.fromEntries(workers.map((file) => [basename(file, ".js"), join(dist, file)])),
    },
    stdin: { contents: everythingImportedBy(join(dist, "main.js")), resolveDir: dist, sourcefile: "imports.js" },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: `node${process.versions.node}`,
    external: NATIVE,
    banner: { js: REQUIRE },
    logLevel: "error",
  });
}

/** A second entry that shares all of main's imports, so that they end up in chunks instead of in main.js. */
function everythingImportedBy(main) {
  const specifiers = readFileSync(main, "utf8").matchAll(/^import .* from "(.+)";$/gm);
  return [...specifiers].map(([, specifier], index) => `export * as import${index} from "${specifier}";`).join("\n");
}

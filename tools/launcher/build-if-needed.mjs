import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ExpectedFailure } from "../lib/expected-failure.mjs";
import { root } from "../lib/root.mjs";
import { bundleServices } from "./bundle-services.mjs";

const STAMP = join(root, ".turbo/built-from");
const WORKSPACES = ["packages", "services"];
/** Of a workspace, beside its folders `src` and `public`; the last two are those of services/web. */
const SOURCES = ["package.json", "tsconfig.json", "index.html", "vite.config.ts"];
const SHARED = ["tsconfig.base.json", "turbo.json", "package-lock.json", "tools/launcher/bundle-services.mjs"];

/** Builds the workspace unless nothing has changed since the last build; to see that costs a few milliseconds. */
export async function buildIfNeeded({ onProgress, signal }) {
  const folders = WORKSPACES.flatMap((name) => foldersIn(join(root, name)));
  const now = fingerprint(folders); // before the build: what changes meanwhile is built the next time
  if (isBuilt(folders) && readStamp() === now) return;
  const first = !existsSync(STAMP);
  onProgress(first ? "building for the first time, about 5 s" : "building what has changed");
  await build(signal);
  if (signal.aborted) return;
  await bundleServices();
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, now);
}

/** Path, size and time of every source: as good as its content for telling whether somebody changed it. */
function fingerprint(folders) {
  const files = [
    ...SHARED.map((name) => join(root, name)),
    ...folders.flatMap((folder) => [
      ...SOURCES.map((name) => join(folder, name)),
      ...sourcesIn(join(folder, "src")),
      ...sourcesIn(join(folder, "public")),
    ]),
  ];
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
    hash.update(`${file}:${size}:${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** Those that are compiled. */
function foldersIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "tsconfig.json")))
    .map((entry) => join(folder, entry.name));
}

function sourcesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesIn(path);
    return entry.name.endsWith(".test.ts") ? [] : [path];
  });
}

function isBuilt(folders) {
  return folders.every((folder) => existsSync(join(folder, "dist")));
}

function readStamp() {
  return existsSync(STAMP) ? readFileSync(STAMP, "utf8") : undefined;
}

function build(signal) {
  const turbo = join(root, "node_modules/.bin/turbo");
  if (!existsSync(turbo)) throw new ExpectedFailure("The dependencies are not installed. Run: npm install");
  return new Promise((resolve, reject) => {
    const child = spawn(turbo, ["run", "build", "--output-logs=errors-only"], {
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", TURBO_NO_UPDATE_NOTIFIER: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0 || signal.aborted) return resolve(); // Ctrl-C reaches turbo as well
      reject(new ExpectedFailure(`${output.trimEnd()}\n\nThe build failed; see above.`));
    });
  });
}

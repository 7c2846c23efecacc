/** `npm run release`: packs, checks and publishes every published package under one tag; `--dry-run` changes and publishes nothing. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../lib/command-line.js";
import { root } from "../lib/root.js";
import { notesOf } from "./changelog.js";
import { lint } from "./lint.js";
import { rootManifest } from "./manifests.js";
import type { Tarball } from "./pack.js";
import { packed } from "./packed.js";
import { refusals } from "./refusals.js";
import { setVersion } from "./set-version.js";

const { values } = commandLine({
  usage: `npm run release [-- --dry-run | --set-version VERSION]

Packs the published packages, lints and installs the tarballs, then tags the commit and publishes.
  --dry-run              shows version, tag, notes, files and sizes, and what a release would refuse; tags and publishes nothing
  --set-version VERSION  writes the version into every manifest and into CHANGELOG.md, to be committed`,
  options: { "dry-run": { type: "boolean", default: false }, "set-version": { type: "string" } },
});

if (values["set-version"] !== undefined) setVersion(values["set-version"], new Date().toISOString().slice(0, 10));
else await release(values["dry-run"] ?? false);

async function release(isDry: boolean): Promise<void> {
  const { version, repository } = rootManifest();
  const tag = `v${version}`;
  const notes = notesOf(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version);
  const refused = refusals({
    status: git("status", "--porcelain"),
    branch: git("rev-parse", "--abbrev-ref", "HEAD"),
    hasTag: git("tag", "--list", tag) !== "",
    hasNotes: notes !== undefined,
    repository: repository.url,
    ...{ tag, version },
  });
  if (refused.length > 0 && !isDry) end(refused);

  const tarballs = await packed();
  const findings = await lint(tarballs);
  if (findings.length > 0) end(findings);
  for (const args of [
    ["run", "docs", "--", "--check"],
    ["test", "--", "tools/release", "packages/scheduler/test/package"],
  ])
    if (spawnSync("npm", args, { cwd: root, stdio: "inherit" }).status !== 0) end([`npm ${args.join(" ")} failed`]);

  process.stdout.write(report(tag, notes, tarballs));
  if (isDry) {
    process.stdout.write(
      refused.length === 0
        ? "\nnpm run release would publish this.\n"
        : `\nnpm run release would refuse:\n${lines(refused)}`,
    );
    return;
  }
  execFileSync("git", ["tag", "--annotate", tag, "--message", `${tag}\n\n${notes}`], { cwd: root });
  for (const { path } of tarballs) execFileSync("npm", ["publish", path], { cwd: root, stdio: "inherit" });
  process.stdout.write(`\nPublished. Push the tag, which \`npm run breaking\` compares with: git push origin ${tag}\n`);
}

function report(tag: string, notes: string | undefined, tarballs: readonly Tarball[]): string {
  const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  const packages = tarballs.map(({ name, version, size, unpackedSize, files }) => {
    const head = `${name}@${version}: ${kilobytes(size)}, unpacked ${kilobytes(unpackedSize)}, ${files.length} files`;
    const parts = foldersOf(files).map(({ folder, count, bytes }) => `${folder}  ${count} files, ${kilobytes(bytes)}`);
    return `${head}\n${lines(parts)}`;
  });
  return `\nTag ${tag}\n\n${notes ?? "No notes."}\n\n${packages.join("\n")}`;
}

function foldersOf(files: Tarball["files"]) {
  const folders = new Map<string, { count: number; bytes: number }>();
  for (const { path, size } of files) {
    const folder = path.includes("/") ? `${path.split("/")[0]}/` : path;
    const before = folders.get(folder) ?? { count: 0, bytes: 0 };
    folders.set(folder, { count: before.count + 1, bytes: before.bytes + size });
  }
  return [...folders].map(([folder, sum]) => ({ folder, ...sum }));
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `  ${text}\n`).join("");
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
}

function end(reasons: readonly string[]): never {
  process.stderr.write(`release: refused\n${lines(reasons)}`);
  process.exit(1);
}

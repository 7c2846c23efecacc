/**
 * Fails when proto/ breaks a caller who has stubs of the released contract, or of the commit that this work began from:
 * `node tools/check/breaking.mjs [git ref] [--release]`. The released contract is tools/check/released-contract.binpb, so that no history is
 * needed; `--release` writes it anew from a proto/ that breaks nothing. The commit is, without a ref: the last release tag (v1.2.3)
 * before this commit, where this branch left origin/main or main, or the commit before this one.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../lib/command-line.mjs";
import { root } from "../lib/root.mjs";

const RELEASED = "tools/check/released-contract.binpb";
const { values, positionals } = commandLine({
  usage: "node tools/check/breaking.mjs [git ref] [--release]",
  options: { release: { type: "boolean", default: false } },
  positionals: 1,
});
const [asked] = positionals;

if (asked !== undefined && !hasProto(asked)) end(`breaking: ${asked} has no proto/ to compare with`);
const bases = [...released(), ...commit(asked ?? startOfWork())];
if (bases.length === 0) process.stdout.write("breaking: there is nothing to compare proto/ with\n");
for (const { name, against } of bases) {
  const breaks = buf("breaking", "proto", "--against", against) !== 0;
  process.stdout.write(`breaking: proto/ ${breaks ? "breaks callers" : "breaks nobody"}, compared with ${name}\n`);
  if (breaks) process.exitCode = 1;
}
if (values.release && process.exitCode === undefined) process.exitCode = buf("build", "proto", "-o", RELEASED);

function released() {
  return existsSync(join(root, RELEASED)) ? [{ name: "the released contract", against: RELEASED }] : [];
}

/** A commit with subdir works in a detached checkout and stays right when buf.yaml gains a module. */
function commit(ref) {
  if (ref === undefined) return [];
  const id = git("rev-parse", ref);
  return [{ name: `${ref} (${id.slice(0, 12)})`, against: `.git#ref=${id},subdir=proto` }];
}

/** Never HEAD itself, which says that a break that is committed breaks nobody. */
function startOfWork() {
  const head = git("rev-parse", "HEAD");
  const candidates = [
    git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^"),
    git("merge-base", "HEAD", "origin/main"),
    git("merge-base", "HEAD", "main"),
    "HEAD^",
  ];
  return candidates.find((ref) => ref !== "" && git("rev-parse", `${ref}^{commit}`) !== head && hasProto(ref));
}

function hasProto(ref) {
  return spawnSync("git", ["cat-file", "-e", `${ref}:proto`], { cwd: root, stdio: "ignore" }).status === 0;
}

/** Output of git, undefined when it fails. */
function git(...args) {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}

function buf(...args) {
  const shell = process.platform === "win32";
  const { status, error } = spawnSync(join(root, "node_modules/.bin/buf"), args, {
    cwd: root,
    stdio: "inherit",
    shell,
  });
  if (error) throw error;
  return status ?? 1;
}

function end(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

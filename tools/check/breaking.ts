/**
 * `tsx tools/check/breaking.ts [git ref] [--release]`: fails when proto/ breaks a caller who has stubs of the last release. The release is the last tag
 * v1.2.3 that is not this commit; with a ref, that. Without either (a shallow clone, or nothing released since the tag) it is
 * tools/check/released-contract.binpb, which `--release` writes anew from a proto/ that breaks nothing: proto/ is never compared with itself.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../lib/command-line.js";
import { ExpectedFailure, endWith } from "../lib/expected-failure.js";
import { root } from "../lib/root.js";

const RELEASED = "tools/check/released-contract.binpb";
const RELEASE_TAGS = "v[0-9]*";

interface Base {
  readonly name: string;
  /** An input of buf. */
  readonly against: string;
}

const { values, positionals } = commandLine({
  usage: `tsx tools/check/breaking.ts [git ref] [--release]

Fails when proto/ breaks a caller of the last release, or of the ref. --release writes ${RELEASED} where it breaks nothing.`,
  options: { release: { type: "boolean", default: false } },
  positionals: 1,
});

try {
  const [ref] = positionals;
  const bases = ref === undefined ? [...lastRelease(), ...releasedContract()] : [commit(ref)];
  if (bases.length === 0) throw new ExpectedFailure(`breaking: neither a release tag nor ${RELEASED} is here`);
  const broken = bases.filter((base) => !isCompatibleWith(base));
  if (broken.length > 0) process.exitCode = 1;
  else if (values.release) process.exitCode = buf("build", "proto", "-o", RELEASED);
} catch (error) {
  endWith(error);
}

function isCompatibleWith({ name, against }: Base): boolean {
  const isCompatible = buf("breaking", "proto", "--against", against) === 0;
  process.stdout.write(`breaking: proto/ ${isCompatible ? "is compatible with" : "breaks callers of"} ${name}\n`);
  return isCompatible;
}

/** The tag before this commit; a tag on it is this release itself. */
function lastRelease(): Base[] {
  const tag = git("describe", "--tags", "--abbrev=0", "--match", RELEASE_TAGS, "HEAD^");
  return tag !== undefined && hasProto(tag) ? [commit(tag)] : [];
}

function releasedContract(): Base[] {
  return existsSync(join(root, RELEASED)) ? [{ name: "the released contract", against: RELEASED }] : [];
}

/** `subdir` works in a detached checkout too, and stays right when buf.yaml gains a module. */
function commit(ref: string): Base {
  const id = git("rev-parse", "--verify", `${ref}^{commit}`);
  if (id === undefined || !hasProto(id)) throw new ExpectedFailure(`breaking: ${ref} has no proto/ to compare with`);
  return { name: `${ref} (${id.slice(0, 12)})`, against: `.git#ref=${id},subdir=proto` };
}

function hasProto(ref: string): boolean {
  return git("cat-file", "-e", `${ref}:proto`) !== undefined;
}

/** Output of git, undefined when it fails. */
function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function buf(...args: string[]): number {
  const { status, error } = spawnSync(join(root, "node_modules/.bin/buf"), args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (error) throw error;
  return status ?? 1;
}

/**
 * Fails when proto/ breaks a caller who has the stubs of main: `node scripts/breaking.mjs [git ref]`.
 * Without a ref: main, or origin/main where no local main exists (a CI checkout of a pull request), or HEAD.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const asked = process.argv[2];
const ref = [asked ?? "main", ...(asked ? [] : ["origin/main", "HEAD"])].find(hasProto);

if (ref === undefined && asked !== undefined) {
  console.error(`breaking: ${asked} has no proto/ to compare with`);
  process.exitCode = 1;
} else if (ref === undefined) {
  console.log("breaking: skipped, neither main, origin/main nor HEAD has a proto/ to compare with");
} else {
  const commit = git("rev-parse", ref).stdout.trim();
  // A commit with subdir works in a detached checkout and stays right when buf.yaml gains a module.
  const against = `.git#ref=${commit},subdir=proto`;
  const { status, error } = spawnSync(
    join(root, "node_modules/.bin/buf"),
    ["breaking", "proto", "--against", against],
    {
      cwd: root,
      stdio: "inherit",
      shell: process.platform === "win32",
    },
  );
  if (error) throw error;
  console.log(
    `breaking: proto/ ${status === 0 ? "breaks nobody" : "breaks callers"}, compared with ${ref} (${commit.slice(0, 12)})`,
  );
  process.exitCode = status ?? 1;
}

function hasProto(candidate) {
  return git("cat-file", "-e", `${candidate}:proto`).status === 0;
}

function git(...args) {
  return spawnSync("git", args, { cwd: root, encoding: "utf8" });
}

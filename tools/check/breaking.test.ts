import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { root } from "../lib/root.js";

const RELEASED = "tools/check/released-contract.binpb";
const PROTO = "proto/user_recommend.proto";
const AUTHOR = ["-c", "user.name=t", "-c", "user.email=t@example.com"];

let repository: string;
beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), "headline-breaking-"));
  for (const path of ["proto", "buf.yaml", "package-lock.json", "package.json", "tools/check", "tools/lib"])
    cpSync(join(root, path), join(repository, path), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(repository, "node_modules"));
  writeFileSync(join(repository, ".gitignore"), "node_modules\n");
  run("git", "init", "-q", "-b", "main");
  commitAll("Begin");
});
afterAll(() => rmSync(repository, { recursive: true, force: true }));

test("a break that is committed is seen: by the released contract, and by the last release tag", () => {
  expect(breaking()).toMatchObject({ status: 0, stdout: expect.stringContaining("is compatible with the released") });
  run("git", "tag", "v1.0.0");
  edit(PROTO, (text) => text.replace(/\bint32 article_num = (\d+);/, "string article_num = $1;"));
  commitAll("A break");
  expect(breaking()).toMatchObject({ status: 1, stdout: expect.stringContaining("breaks callers of v1.0.0") });
  expect(breaking("v1.0.0").status).toBe(1);

  // A clone without tags has the contract, and a repository without the contract has the tag.
  run("git", "tag", "-d", "v1.0.0");
  expect(breaking()).toMatchObject({ status: 1, stdout: expect.stringContaining("breaks callers of the released") });
  rmSync(join(repository, RELEASED));
  expect(breaking()).toMatchObject({ status: 1, stderr: expect.stringContaining("neither a release tag nor") });

  // A tag on the commit itself is that release, which is not compared with itself.
  run("git", "tag", "v2.0.0");
  expect(breaking()).toMatchObject({ status: 1, stderr: expect.stringContaining("neither a release tag nor") });
  expect(breaking("no-such-ref")).toMatchObject({ status: 1, stderr: expect.stringContaining("no-such-ref") });
});

function breaking(...args: string[]) {
  const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
  return spawnSync(process.execPath, [tsx, "tools/check/breaking.ts", ...args], { cwd: repository, encoding: "utf8" });
}

function edit(file: string, change: (text: string) => string): void {
  const text = readFileSync(join(repository, file), "utf8");
  expect(change(text)).not.toBe(text);
  writeFileSync(join(repository, file), change(text));
}

function commitAll(message: string): void {
  run("git", "add", "-A");
  run("git", ...AUTHOR, "commit", "-qm", message);
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { cwd: repository, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

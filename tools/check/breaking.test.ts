import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NOW = [
  "tools/check/breaking.mjs",
  "tools/lib/command-line.mjs",
  "tools/lib/root.mjs",
  "tools/check/released-contract.binpb",
  "buf.yaml",
];

test.each([
  ["with all of its history, without a released contract", [], false],
  ["shallow, of one commit", ["--depth=1"], true],
])("a break that is committed is refused in a clone %s", (_what, options, hasContract) => {
  const clone = mkdtempSync(join(tmpdir(), "headline-breaking-"));
  try {
    run("git", ["clone", "-q", "--no-tags", ...options, `file://${ROOT}`, clone], ROOT);
    symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
    for (const file of NOW) cpSync(join(ROOT, file), join(clone, file));
    if (!hasContract) rmSync(join(clone, "tools/check/released-contract.binpb"));
    expect(breaking(clone).status).toBe(0);

    const proto = join(clone, "proto/user_recommend.proto");
    const text = readFileSync(proto, "utf8");
    const broken = text.replace(/\bint32 article_num = (\d+);/, "string article_num = $1;");
    expect(broken).not.toBe(text);
    writeFileSync(proto, broken);
    run("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qam", "A break"], clone);
    expect(breaking(clone)).toMatchObject({ status: 1, stdout: expect.stringContaining("breaks callers") });
  } finally {
    rmSync(clone, { recursive: true });
  }
});

function breaking(clone: string) {
  return spawnSync(process.execPath, ["tools/check/breaking.mjs"], { cwd: clone, encoding: "utf8" });
}

function run(command: string, args: string[], cwd: string): void {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "@jest/globals";

const root = fileURLToPath(new URL("../../../", import.meta.url));

it("the committed stubs and descriptor are what proto/ says", () => {
  const { status, stdout, stderr } = run(process.execPath, ["--import", "tsx", "tools/generate/stubs.ts", "--check"]);
  expect({ status, stdout, stderr }).toMatchObject({ status: 0, stdout: "" });
});

it.each([
  ["takes Track's field 3 again", 'reserved 3;\n  reserved "share";', "string share = 3;"],
  ["changes the type of an id", "int64 article_id = 1;", "string article_id = 1;"],
  ["renames the method", "rpc user_recommend(", "rpc UserRecommend("],
  ["drops a field", "  string exposure = 1;", "  reserved 1;"],
])("buf stops whoever %s", (_, from, to) => {
  const changed = mkdtempSync(join(tmpdir(), "headline-breaking-"));
  try {
    cpSync(join(root, "proto"), changed, { recursive: true });
    const file = join(changed, "user_recommend.proto");
    const text = readFileSync(file, "utf8");
    expect(text).toContain(from);
    writeFileSync(file, text.replace(from, to));
    const against = join(root, "proto");
    const { status } = run(join(root, "node_modules/.bin/buf"), ["breaking", changed, "--against", against]);
    expect(status).toBe(100);
  } finally {
    rmSync(changed, { recursive: true });
  }
});

function run(command: string, args: string[]) {
  return spawnSync(command, args, { cwd: root, encoding: "utf8" });
}

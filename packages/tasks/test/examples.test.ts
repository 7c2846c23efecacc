import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "../../..");
const REDIS = "redis://127.0.0.1:6379";
const run = promisify(execFile);

/** Examples in the doc comments of the packages, each a whole program. */
const examples = ["packages/tasks/src", "packages/scheduler/src"].flatMap(sourcesIn).flatMap(({ file, text }) =>
  [...text.matchAll(/^ *\* @example\n *\* ```ts\n(.*?)^ *\* ```$/gms)].map(([, code], at) => ({
    name: `${file.slice(ROOT.length + 1)} ${at + 1}`,
    code: code!.replaceAll(/^ *\* ?/gm, ""),
  })),
);

let folder: string;
let redis: Awaited<ReturnType<typeof throwawayRedis>>;

beforeAll(async () => {
  const cache = join(ROOT, "node_modules/.cache"); // packages resolve from there
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, "examples-"));
  redis = await throwawayRedis({ tcp: true });
  for (const [at, { code }] of examples.entries())
    writeFileSync(join(folder, `${at}.ts`), `${code.replaceAll(REDIS, redis.url)}\nexport {};\n`);
});
afterAll(async () => {
  await redis?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

test("the examples of the packages' doc comments compile", async () => {
  const compilerOptions = {
    noEmit: true,
    customConditions: ["source"],
    typeRoots: [join(ROOT, "node_modules/@types")],
  };
  const files = examples.map((_, at) => `${at}.ts`);
  const config = { extends: join(ROOT, "tsconfig.base.json"), compilerOptions, files };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const tsc = run(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder]).catch(({ stdout }) => ({ stdout }));
  expect((await tsc).stdout).toBe("");
});

describe("an example runs, and prints what the comments behind its console.log say", () => {
  test.each(examples.map((example, at) => ({ ...example, at })))("$name", async ({ code, at }) => {
    const program = join(folder, `${at}.mjs`);
    await build({
      entryPoints: [join(folder, `${at}.ts`)],
      outfile: program,
      bundle: true,
      format: "esm",
      platform: "node",
      conditions: ["source"],
      external: ["bullmq", "ioredis"],
      logLevel: "silent",
    });
    const { stdout } = await run(process.execPath, [program], { timeout: 60_000 });
    const printed = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => `${text}\n`);
    expect(stdout).toBe(printed.join(""));
  });
});

function sourcesIn(path: string): { readonly file: string; readonly text: string }[] {
  return readdirSync(join(ROOT, path), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(ROOT, path, name))
    .map((file) => ({ file, text: readFileSync(file, "utf8") }));
}

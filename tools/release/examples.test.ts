import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { root } from "../lib/root.js";
import { publishedPackages } from "./published.js";

const REDIS = "redis://127.0.0.1:6379";
const run = promisify(execFile);

/** Of the client, which has no gateway here: its README is run with one. */
const GATEWAY = "http://localhost:3000";
const sources = publishedPackages().flatMap(({ folder: path }) => sourcesIn(`${path}/src`));

/** Examples in the doc comments of the published packages, each a whole program. */
const examples = sources.flatMap(({ file, text }) =>
  [...text.matchAll(/^ *\* @example\n *\* ```ts\n(.*?)^ *\* ```$/gms)].map(([, code], at) => ({
    name: `${file.slice(root.length + 1)} ${at + 1}`,
    code: code!.replaceAll(/^ *\* ?/gm, ""),
  })),
);

let folder: string;
let redis: Awaited<ReturnType<typeof throwawayRedis>>;

beforeAll(async () => {
  const cache = join(root, "node_modules/.cache"); // packages resolve from there
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

test("every example is a program in a fence", () => {
  const count = sources.flatMap(({ text }) => text.match(/@example\b/g) ?? []).length;
  expect(examples).toHaveLength(count);
});

test("the examples of the packages' doc comments compile", async () => {
  const compilerOptions = {
    noEmit: true,
    customConditions: ["headline-source"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  const files = examples.map((_, at) => `${at}.ts`);
  const config = { extends: join(root, "tsconfig.base.json"), compilerOptions, files };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const tsc = run(join(root, "node_modules/.bin/tsc"), ["-p", folder]).catch(({ stdout }) => ({ stdout }));
  expect((await tsc).stdout).toBe("");
});

describe("an example runs, and prints what the comments behind its console.log say", () => {
  const programs = examples.map((example, at) => ({ ...example, at })).filter(({ code }) => !code.includes(GATEWAY));
  test.each(programs)("$name", async ({ code, at }) => {
    const program = join(folder, `${at}.mjs`);
    await build({
      entryPoints: [join(folder, `${at}.ts`)],
      outfile: program,
      bundle: true,
      format: "esm",
      platform: "node",
      conditions: ["headline-source"],
      external: ["bullmq", "ioredis", "@grpc/grpc-js"],
      logLevel: "silent",
    });
    const { stdout } = await run(process.execPath, [program], { timeout: 60_000 });
    const printed = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => `${text}\n`);
    expect(stdout).toBe(printed.join(""));
  });
});

function sourcesIn(path: string): { readonly file: string; readonly text: string }[] {
  return readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(root, path, name))
    .map((file) => ({ file, text: readFileSync(file, "utf8") }));
}

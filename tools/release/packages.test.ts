import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@headline/client";
import { type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { transform } from "esbuild";
import { openWorld, type World } from "../../services/gateway/test/open-world.js";
import { root } from "../lib/root.js";
import { type Installed, installed } from "./installed.js";
import { publishedPackages } from "./published.js";

interface Example {
  /** Makes a program of the example, at the servers of the test. */
  readonly program?: (example: string) => Promise<string>;
  readonly prints: readonly string[];
}

/** Building, packing and installing on a busy machine. */
const SLOW_MS = 240_000;
const NODENEXT = { module: "nodenext", moduleResolution: "nodenext" };
const BUNDLER = { module: "esnext", moduleResolution: "bundler" };

const packages = publishedPackages().map(({ folder, manifest: { name } }) => ({
  name,
  file: folder.replace("packages/", ""),
  example: /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(root, folder, "README.md"), "utf8"))?.[1] ?? "",
}));

let app: Installed;
let world: World;
let redis: ThrowawayRedis;
beforeAll(async () => {
  app = await installed(...packages.map(({ name }) => name));
}, SLOW_MS);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await redis?.stop();
  app?.[Symbol.dispose]();
});

const EXAMPLES: Readonly<Record<string, Example>> = {
  "@headline/client": {
    program: async (example) => {
      world = await openWorld();
      await world.addArticles(3, { authorId: await world.addUser("carol") });
      const { gateway } = await world.open();
      await createClient({ url: gateway.url }).signUp("alice", "headline-demo");
      return example.replace("http://localhost:3000", gateway.url).replace("channel_id: 109", "channel_id: 101");
    },
    prints: ["article 3 (carol)"],
  },
  "@headline/grpc": { program: async (example) => patient(example), prints: ["1\n"] },
  "@headline/recommender": { program: async (example) => patient(example), prints: ["refresh [ 1n, 2n, 3n ]"] },
  "@headline/service": { prints: ["read at attempt 2"] },
  "@headline/scheduler": {
    program: async (example) => `${example}\nscheduler.on("job:executed", () => scheduler.shutdown());`,
    prints: ["hello alice, due at "],
  },
  "@headline/tasks": {
    program: async (example) => {
      redis = await throwawayRedis();
      return example.replace("redis://127.0.0.1:6379", redis.url);
    },
    prints: ["42"],
  },
  "@headline/track-token": {
    prints: ["articleId: 97n", "{ ok: false, reason: 'wrong signature' }", "served: [ { articleId: 97n"],
  },
};

test("each published package is here", () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(packages.map(({ name }) => name).sort());
});

test.each(packages)(
  "$name, packed and installed, runs the first example of its README",
  async ({ name, file, example }) => {
    const { program = async (text) => text, prints } = EXAMPLES[name]!;
    const { code: javascript } = await transform(await program(example), { loader: "ts", target: "node20" });
    const { code, text } = await app.node(app.write(`${file}.js`, javascript));
    for (const part of prints) expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining(part) });
  },
);

test("the examples compile against the installed types, as Node resolves them and as a bundler does", async () => {
  app.link("typescript", "@types/node", "undici-types");
  const files = packages.map(({ file, example }) => app.write(`${file}.ts`, `${example}\nexport {};`));
  for (const options of [NODENEXT, BUNDLER])
    expect(await app.tsc({ ...options, types: ["node"], skipLibCheck: false }, ...files)).toEqual({
      code: 0,
      text: "",
    });
});

/** The example with a time limit that a busy machine keeps. */
function patient(example: string): string {
  return example.replace("timeoutMs: 300", "timeoutMs: 30_000");
}

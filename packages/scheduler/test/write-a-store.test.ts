import { mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import type { JobStore } from "../src/core/job-store.js";
import { jobStoreConformance } from "../src/stores/conformance.js";

const EXAMPLE = new URL("../examples/json-file-store.mjs", import.meta.url);
const { JsonFileStore } = (await import(EXAMPLE.href)) as {
  readonly JsonFileStore: new (options: { path: string; now: () => number }) => JobStore;
};
const folder = mkdtempSync(join(tmpdir(), "headline-json-store-"));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true }));

describe("the example of docs/write-a-store.md", () => {
  for (const { name, run } of jobStoreConformance(async () => {
    const path = join(folder, `${files++}.json`);
    let aheadMs = 0;
    const now = () => Date.now() + aheadMs;
    const [store, second] = [new JsonFileStore({ path, now }), new JsonFileStore({ path, now })];
    return {
      store,
      second,
      advance: async (ms) => {
        aheadMs += ms;
      },
      corrupt: async (jobId, json = '{"v":1') => {
        const data = JSON.parse(await readFile(path, "utf8")) as { jobs: [string, { spec: string }][] };
        data.jobs.find(([id]) => id === jobId)![1].spec = json;
        await writeFile(path, JSON.stringify(data));
      },
      close: async () => {
        await store.close();
        await second.close();
      },
    };
  })) {
    test(name, run);
  }
});

test("the page shows each method of the store", async () => {
  const page = await readFile(new URL("../docs/write-a-store.md", import.meta.url), "utf8");
  const methods = Object.getOwnPropertyNames(JsonFileStore.prototype).filter((name) => name !== "constructor");
  for (const method of methods) expect(page).toContain(`\`${method}\``);
});

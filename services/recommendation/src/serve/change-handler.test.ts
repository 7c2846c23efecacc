import type { Mysql } from "@headline/mysql";
import { describe, expect, test } from "@jest/globals";
import { Catalogue } from "../catalogue/catalogue.js";
import type { Channels } from "../catalogue/channels.js";
import { createChangeHandler } from "./change-handler.js";

function open() {
  const reads: { ids: unknown; fail: (error: Error) => void; answer: () => void }[] = [];
  const query = (_sql: string, [ids]: readonly unknown[]) =>
    new Promise((resolve, reject) => reads.push({ ids, fail: reject, answer: () => resolve([]) }));
  const handler = createChangeHandler({
    mysql: { query } as unknown as Mysql,
    catalogue: new Catalogue(Date.now),
    channels: {} as Channels,
    promotions: { load: async () => {} },
    titles: { refresh: async () => {} },
    forgetFollows: () => undefined,
    forgetBlockList: () => undefined,
  });
  const tell = (...ids: bigint[]) => handler(ids.map((subjectId) => ({ topic: "article", subjectId, version: 1 })));
  const read = (index: number) => reads[index]?.ids;
  return { reads, tell, read };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("changes", () => {
  test("told during a read are read together after it", async () => {
    const { reads, tell, read } = open();
    const first = tell(1n);
    await turn();
    const later = [tell(2n), tell(3n), tell(2n)];
    await turn();
    expect([reads.length, read(0)]).toEqual([1, "[1]"]);
    reads[0]?.answer();
    await first;
    await turn();
    expect([reads.length, read(1)]).toEqual([2, "[2,3]"]);
    reads[1]?.answer();
    await Promise.all(later);
  });

  test("that could not be read fail for who told them, and hold up nobody else", async () => {
    const { reads, tell, read } = open();
    const first = tell(1n);
    await turn();
    reads[0]?.fail(new Error("away"));
    await expect(first).rejects.toThrow("away");
    const second = tell(2n);
    await turn();
    expect(read(1)).toBe("[2]");
    reads[1]?.answer();
    await second;
  });
});

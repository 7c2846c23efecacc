import { describe, expect, test } from "@jest/globals";
import { decodePosition, encodePosition, MergedPages, type Position, type Source } from "./merged-pages.js";

const PAGE = 3;

function source(name: string, numbers: readonly number[]): Source<number> {
  return {
    name,
    async page(cursor) {
      const from = Number(cursor ?? 0);
      const next = from + PAGE;
      return { items: numbers.slice(from, next), ...(next < numbers.length ? { cursor: String(next) } : {}) };
    },
  };
}

const broken: Source<number> = { name: "broken", page: () => Promise.reject(new Error("connection refused")) };
const merge = (sources: readonly Source<number>[], from?: Position) => new MergedPages(sources, (a, b) => a - b, from);

async function takeAll(merged: MergedPages<number>, max = Number.POSITIVE_INFINITY): Promise<number[]> {
  const taken: number[] = [];
  for (let item = await merged.take(); item !== undefined; item = await merged.take()) {
    taken.push(item);
    if (taken.length === max) break;
  }
  return taken;
}

describe("MergedPages", () => {
  const sources = [source("odd", [1, 3, 5, 7, 9, 11, 13]), source("even", [2, 4]), source("none", [])];
  const everything = [1, 2, 3, 4, 5, 7, 9, 11, 13];

  test("reads sorted sources as one", async () => {
    expect(await takeAll(merge(sources))).toEqual(everything);
  });

  test.each([1, 2, 3, 4, 5])("goes on from any position, %i at a time", async (size) => {
    const taken: number[] = [];
    let position: Position | undefined;
    for (let round = 0; round < 20; round++) {
      const merged = merge(sources, position);
      taken.push(...(await takeAll(merged, size)));
      if ((await merged.peek()) === undefined) break;
      position = decodePosition(encodePosition({ places: merged.position }));
    }
    expect(taken).toEqual(everything);
  });

  test("a source that fails is named and does not hide the others", async () => {
    const merged = merge([...sources, broken]);
    expect(await takeAll(merged)).toEqual(everything);
    expect(merged.unreadable).toEqual([{ store: "broken", reason: "connection refused" }]);
  });

  test.each([
    "x",
    "e30",
    Buffer.from('{"places":{"a":[1,2]}}').toString("base64url"),
    Buffer.from('{"places":{"a":["x",-1]}}').toString("base64url"),
  ])("%j is no position", (text) => {
    expect(() => decodePosition(text)).toThrow(/^cursor:/);
  });
});

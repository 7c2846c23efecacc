import { expect, test } from "@jest/globals";
import { type BlockList, NO_BLOCKS } from "./block-lists.js";
import { readerFactsLoader } from "./reader-facts.js";
import { NOTHING_SEEN } from "./seen-articles.js";

const follows = new Set([60n]);
const blockList: BlockList = { ...NO_BLOCKS, blocked: new Set([70n]) };
const seen = new Set([5]);

test("what is remembered of a reader is known at once", () => {
  const know = readerFactsLoader({ followsOf: () => follows, blockListOf: () => blockList, seenBy: () => seen }, fail);
  expect(know(7n)).toEqual({ follows, blockList, seen, without: [] });
});

test("what could not be read is taken for nothing, named and reported", async () => {
  const errors: unknown[] = [];
  const away = () => Promise.reject(new Error("away"));
  const know = readerFactsLoader(
    { followsOf: away, blockListOf: async () => blockList, seenBy: away },
    (error) => void errors.push(error),
  );
  expect(await know(7n)).toEqual({ follows: new Set(), blockList, seen: NOTHING_SEEN, without: ["follows", "seen"] });
  expect(errors).toEqual([new Error("away"), new Error("away")]);
});

function fail(error: unknown): never {
  throw error;
}

import type { Recommender } from "@headline/recommender";
import { expect, test } from "@jest/globals";
import type { Articles } from "../articles/articles.js";
import { HotLists } from "./hot-lists.js";

const CHANNELS = 26;
/** Two statements a channel: more than that would take the pool from readers. */
const TOGETHER_MAX = 3;

test("lists of many channels, none in memory and the recommender away, are read a few at a time", async () => {
  let running = 0;
  let most = 0;
  const counted = async <T>(value: T) => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running -= 1;
    return value;
  };
  const errors: unknown[] = [];
  const hotLists = new HotLists({
    recommender: { recommend: () => Promise.reject(new Error("away")) } as unknown as Recommender,
    timeoutMs: 1_000,
    articles: { getMany: (ids: bigint[]) => counted(ids.map(String)) } as unknown as Articles,
    channelIds: () => Array.from({ length: CHANNELS }, (_, channelId) => channelId),
    newest: (channelId) => counted([BigInt(channelId)]),
    onError: (error) => errors.push(error),
  });
  await hotLists.refresh();
  expect(errors).toEqual([]);
  expect(Array.from({ length: CHANNELS }, (_, id) => hotLists.get(id)?.items)).toEqual(
    Array.from({ length: CHANNELS }, (_, id) => [String(id)]),
  );
  expect(most).toBe(TOGETHER_MAX);
});

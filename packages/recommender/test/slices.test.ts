import { expect, test } from "@jest/globals";
import { connectRecommender } from "../src/index.js";
import { openRecommender, reader, recommendation, until } from "./support.js";

const CALLS = 18;

test("calls of one message are begun four a turn of the event loop, in their order", async () => {
  let turn = 0;
  let isOver = false;
  const nextTurn = () => {
    turn += 1;
    if (!isOver) setImmediate(nextTurn);
  };
  const begun: { userId: bigint; turn: number }[] = [];
  await using server = await openRecommender(async ({ userId }) => {
    begun.push({ userId, turn });
    return recommendation({ stamp: userId });
  });
  await using client = connectRecommender({ address: server.address, timeoutMs: 20_000, streams: 1 });
  await until(() => client.streaming);
  setImmediate(nextTurn);
  const asked = Array.from({ length: CALLS }, (_, at) => BigInt(at + 1));
  const answers = await Promise.all(asked.map((userId) => client.recommend({ ...reader, userId })));
  isOver = true;

  expect(answers.map(({ stamp }) => stamp)).toEqual(asked);
  expect(begun.map(({ userId }) => userId)).toEqual(asked);
  const perTurn = new Map<number, number>();
  for (const each of begun) perTurn.set(each.turn, (perTurn.get(each.turn) ?? 0) + 1);
  expect(Math.max(...perTurn.values())).toBe(4);
  expect(server.bugs).toEqual([]);
});

import type { Change } from "@headline/newsroom/changes";
import { eventually } from "@headline/testkit";
import { expect, test } from "@jest/globals";
import { ChangePusher, type PushedRow } from "./change-pusher.js";
import { isOwnOrigin } from "./is-own-origin.js";
import { tokenBucket } from "./token-bucket.js";

test("a bucket lets a burst pass, and then so many a second", () => {
  let nowMs = 0;
  const mayPass = tokenBucket({ perSecond: 2, burst: 3 }, () => nowMs);
  expect([1, 2, 3, 4].map(mayPass)).toEqual([true, true, true, false]);
  nowMs = 500;
  expect([1, 2].map(mayPass)).toEqual([true, false]);
  nowMs = 60_000;
  expect([1, 2, 3, 4].map(mayPass)).toEqual([true, true, true, false]);
});

test.each([
  [undefined, true],
  ["http://news.example", true],
  ["https://news.example", true],
  ["https://NEWS.example", true],
  ["https://app.example", true],
  ["https://app.example:8443", false],
  ["https://evil.example", false],
  ["https://news.example.evil.example", false],
  ["null", false],
  ["", false],
  ["file://", false],
  ["nonsense", false],
])("a page of %j is of this site: %j", (origin, own) => {
  const headers = { host: "news.example", ...(origin !== undefined && { origin }) };
  expect(isOwnOrigin({ headers } as never, ["https://app.example"])).toBe(own);
});

test("changes are read for who is here, together, once, and again after a failure", async () => {
  const asked: (readonly PushedRow[])[] = [];
  const many: bigint[] = [];
  const errors: unknown[] = [];
  let fails = 1;
  using pusher = new ChangePusher({
    isHere: (userId) => userId === 7n,
    push: {
      notification: async (wanted) => {
        asked.push(wanted);
        if (fails-- > 0) throw new Error("away");
      },
    },
    pushToMany: { "fan-out": async (id) => void many.push(id) },
    onError: (error) => errors.push(error),
  });
  const change = (subjectId: bigint, version: number, topic = "notification") =>
    ({ topic, subjectId, version }) as Change; // "constructor" is a topic of no version
  pusher.push([change(7n, 1), change(8n, 2), change(7n, 3), change(7n, 1), change(7n, 9, "constructor")]);
  pusher.push([change(7n, 3), change(4n, 1, "fan-out"), change(4n, 1, "fan-out")]);
  await eventually(() => expect([asked.length, many.length]).toEqual([2, 1]));
  const wanted = [
    { userId: 7n, id: 1n },
    { userId: 7n, id: 3n },
  ];
  expect(asked).toEqual([wanted, wanted]);
  expect(errors).toHaveLength(1);
  expect(many).toEqual([4n]);
});

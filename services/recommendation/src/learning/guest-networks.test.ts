import type { EventKind, LandedEvent } from "@headline/newsroom/events";
import { describe, expect, test } from "@jest/globals";
import { COUNTED, GuestNetworks } from "./guest-networks.js";

const NOW = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const event = (fields: Partial<LandedEvent>): LandedEvent => ({
  id: 1n,
  kind: "click",
  userId: -1n,
  articleId: 7n,
  channelId: 0,
  stamp: NOW,
  reason: 1,
  position: 0,
  bucket: 1,
  durationMs: undefined,
  why: undefined,
  network: 42,
  happenedAtMs: NOW,
  acceptedAtMs: NOW,
  landedAtMs: NOW,
  occurrence: undefined,
  ...fields,
});
const counted = (networks: GuestNetworks, count: number, fields: Partial<LandedEvent> = {}) =>
  Array.from({ length: count }, (_, at) => networks.counts(event({ userId: BigInt(-1 - at), ...fields }))).filter(
    Boolean,
  ).length;

describe("guests of one network", () => {
  test.each([
    [1, 1],
    [7, 1],
    [8, 2],
    [60, 2],
    [63, 2],
    [64, 3],
    [1_000, 4],
    [20_000, 4],
  ])("%i who do the same weigh %i", (guests, weight) => {
    for (const kind of ["exposure", "click", "read"] satisfies EventKind[])
      expect(counted(new GuestNetworks(), guests, { kind })).toBe(weight);
    expect(COUNTED.filter((nth) => nth <= guests).length).toBe(weight);
  });

  test("count anew for another network, article, kind and day", () => {
    const networks = new GuestNetworks();
    expect(counted(networks, 5)).toBe(1);
    for (const other of [{ network: 43 }, { articleId: 8n }, { kind: "read" as const }, { landedAtMs: NOW + DAY_MS }])
      expect(counted(networks, 1, other)).toBe(1);
  });

  test("dislike for themselves alone; readers, and guests of whom no network is known, count as ever", () => {
    const networks = new GuestNetworks();
    expect(counted(networks, 3, { kind: "dislike" })).toBe(0);
    expect(Array.from({ length: 3 }, () => networks.counts(event({ userId: 5n })))).toEqual([true, true, true]);
    expect(counted(networks, 3, { network: undefined })).toBe(3);
  });

  test("go on from a snapshot as if there had been none, and are bounded", () => {
    const [straight, first, second] = [new GuestNetworks(), new GuestNetworks(), new GuestNetworks()];
    const events = Array.from({ length: 300 }, (_, at) =>
      event({ articleId: BigInt(at % 20), userId: BigInt(-1 - at) }),
    );
    const all = events.map((each) => straight.counts(each));
    const before = events.slice(0, 150).map((each) => first.counts(each));
    second.restore(snapshotOf(first));
    expect([...before, ...events.slice(150).map((each) => second.counts(each))]).toEqual(all);
    expect(snapshotOf(second)).toEqual(snapshotOf(straight));
    for (let article = 0; article < 60_000; article += 1) straight.counts(event({ articleId: BigInt(article) }));
    expect(JSON.parse(snapshotOf(straight).toString()).times).toHaveLength(50_000);
  });
});

function snapshotOf(networks: GuestNetworks): Buffer {
  return Buffer.concat([...networks.snapshotParts()]);
}

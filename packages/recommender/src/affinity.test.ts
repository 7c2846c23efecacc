import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Choice, chooseByReader, peerHashOf } from "./affinity.js";

const backends = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ name: at, peerHash: peerHashOf(`10.0.0.${at}:50051`), load: 0 }));
const userId = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).filter((id) => id !== 0n);

describe("a reader's backend", () => {
  test("is the same whatever the order of the streams, and moves only when it leaves", () => {
    fc.assert(
      fc.property(userId, fc.integer({ min: 2, max: 9 }), fc.nat(), (reader, count, leaving) => {
        const all = backends(count);
        const own = chooseByReader(reader, all);
        expect(chooseByReader(reader, [...all].reverse())).toBe(own);
        const gone = all[leaving % count];
        const left = all.filter((backend) => backend !== gone);
        if (gone !== own) expect(chooseByReader(reader, left)).toBe(own);
        else expect(left).toContain(chooseByReader(reader, left));
      }),
    );
  });

  test("is each in turn for neighbouring ids, readers' and guests' alike", () => {
    for (const sign of [1n, -1n]) {
      const readers = new Map<number, number>();
      for (let id = 1n; id <= 30_000n; id++) {
        const { name } = chooseByReader(sign * id, backends(3))!;
        readers.set(name, (readers.get(name) ?? 0) + 1);
      }
      for (const count of readers.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    }
  });

  test("never has more than 1.25 times the mean, however the readers are drawn", () => {
    fc.assert(
      fc.property(
        fc.array(userId, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 2, max: 6 }),
        (readers, count) => {
          const all: (Choice & { load: number })[] = backends(count);
          for (let call = 0; call < 400; call++) chooseByReader(readers[call % readers.length]!, all)!.load += 1;
          expect(Math.max(...all.map(({ load }) => load))).toBeLessThanOrEqual(Math.ceil((1.25 * 400) / count));
        },
      ),
    );
  });

  test("of an anonymous call is the one with the fewest in flight; without streams there is none", () => {
    const [one, other] = [
      { peerHash: 1, load: 5 },
      { peerHash: 2, load: 4 },
    ];
    expect(chooseByReader(0n, [one, other])).toBe(other);
    expect(chooseByReader(7n, [])).toBeUndefined();
  });
});

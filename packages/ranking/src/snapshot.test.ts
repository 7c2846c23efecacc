import { serialize } from "node:v8";
import { expect, test } from "@jest/globals";
import { BadSnapshot, packSnapshot, unpackSnapshot } from "./snapshot.js";

test("a state comes back as it went in, and does not share the bytes it came from", () => {
  const bytes = packSnapshot({ sums: Float64Array.of(1, Number.NaN), id: 7n });
  const first = unpackSnapshot<{ sums: Float64Array; id: bigint }>(bytes);
  first.sums[0] = 5;
  expect(unpackSnapshot(bytes)).toEqual({ sums: Float64Array.of(1, Number.NaN), id: 7n });
});

test("another version is refused and named", () => {
  const bytes = serialize({ version: 99, columns: "", state: {} });
  expect(() => unpackSnapshot(bytes)).toThrow(
    new BadSnapshot("the snapshot is of version 99, this ranker reads version 2"),
  );
});

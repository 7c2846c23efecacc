import { expect, test } from "@jest/globals";
import { Neighbours } from "./neighbours.js";

const HOUR_MS = 3_600_000;

test("a full row keeps its heaviest neighbours", () => {
  const neighbours = new Neighbours(2, HOUR_MS);
  neighbours.at(0);
  neighbours.add(0, 11, 3);
  neighbours.add(0, 12, 1);
  neighbours.add(0, 13, 2);
  expect(of(neighbours, 0, 0)).toEqual(
    new Map([
      [11, 3],
      [13, 2],
    ]),
  );
});

test("neighbours fade, so that new ones can take their place", () => {
  const neighbours = new Neighbours(1, HOUR_MS);
  neighbours.at(0).add(0, 11, 3);
  neighbours.at(2 * HOUR_MS).add(0, 12, 1);
  expect(of(neighbours, 0, 2 * HOUR_MS)).toEqual(new Map([[12, 1]]));
});

function of(neighbours: Neighbours, row: number, nowMs: number): Map<number, number> {
  const found = new Map<number, number>();
  neighbours.readAt(nowMs);
  neighbours.each(row, (serial, weight) => found.set(serial, weight));
  return found;
}

import { growForest, type Training } from "@headline/ranking";
import { describe, expect, test } from "@jest/globals";
import { ForestGrower } from "./forest-grower.js";

const COLUMNS = 3;
const LISTS = 60;
const LIST = 5;

/** In each list the row with the largest first column was clicked. */
function training(): Training {
  const rows = LISTS * LIST;
  const matrix = Float32Array.from({ length: rows * COLUMNS }, (_, index) => ((index * 7_919) % 101) / 101);
  const starts = Int32Array.from({ length: LISTS + 1 }, (_, list) => list * LIST);
  const clicked = new Uint8Array(rows);
  for (let list = 0; list < LISTS; list += 1) {
    const first = (row: number) => matrix[(list * LIST + row) * COLUMNS] as number;
    const best = [0, 1, 2, 3, 4].reduce((a, b) => (first(b) > first(a) ? b : a));
    clicked[list * LIST + best] = 1;
  }
  const [offsets, weights] = [new Float32Array(rows), new Float32Array(LISTS).fill(1)];
  const set = { columns: COLUMNS, matrix, starts, clicked, offsets, weights };
  const shares = { columnShare: 1, listShare: 1 };
  const options = { trees: 40, leaves: 4, learningRate: 0.1, leafHessianMin: 1, l2: 1, seed: 1, ...shares };
  return { among: "list", set, options };
}

describe("a forest", () => {
  test("grown in a thread is the one that is grown here, and this thread goes on meanwhile", async () => {
    const errors: unknown[] = [];
    await using grower = new ForestGrower((error) => errors.push(error));
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    const [first, second] = await Promise.all([grower.grow(training()), grower.grow(training())]);
    clearInterval(turning);
    const { set, options } = training();
    expect(errors).toEqual([]);
    expect(first).toEqual(growForest(set, options));
    expect(second).toEqual(first);
    expect(turns).toBeGreaterThan(3);
  });
});

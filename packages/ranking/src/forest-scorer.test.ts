import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { addPredictions, type ForestNodes, LEAF } from "./forest.js";
import { ForestScorer } from "./forest-scorer.js";
import { seededRandom } from "./random.js";

const WIDTH = 5;

/** Thresholds that rows meet exactly, just miss, and that no float32 can be. */
const VALUES = [0, -0, 1, 0.1, Math.fround(0.1), 2 ** -149, -(2 ** -149), 2 ** -150, 1e30, -1e30, 16_777_217, -0.1];

function randomForest(trees: number, leavesMax: number, seed: number): ForestNodes {
  const random = seededRandom(seed);
  const roots: number[] = [];
  const [columns, values, lefts]: [number[], number[], number[]] = [[], [], []];
  const value = () => (random() < 0.5 ? VALUES[Math.floor(random() * VALUES.length)]! : random() * 4 - 2);
  const grow = (node: number, leaves: number) => {
    if (leaves === 1) {
      columns[node] = LEAF;
      values[node] = random() - 0.5;
      lefts[node] = 0;
      return;
    }
    const onTheLeft = 1 + Math.floor(random() * (leaves - 1));
    const left = columns.length;
    columns.push(LEAF, LEAF);
    values.push(0, 0);
    lefts.push(0, 0);
    columns[node] = Math.floor(random() * WIDTH);
    values[node] = value();
    lefts[node] = left;
    grow(left, onTheLeft);
    grow(left + 1, leaves - onTheLeft);
  };
  for (let tree = 0; tree < trees; tree++) {
    const root = columns.length;
    roots.push(root);
    columns.push(LEAF);
    values.push(0);
    lefts.push(0);
    grow(root, 1 + Math.floor(random() * leavesMax));
  }
  return {
    roots: Int32Array.from(roots),
    columns: Int16Array.from(columns),
    values: Float64Array.from(values),
    lefts: Int32Array.from(lefts),
  };
}

describe("the serving form of a forest", () => {
  test("scores every row as walking its trees over float32 rows does, number for number", () => {
    const number = fc.oneof(fc.constantFrom(...VALUES), fc.double({ noNaN: true, min: -1e38, max: 1e38 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 32 }),
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.array(fc.tuple(number, number, number, number, number), { minLength: 1, maxLength: 11 }),
        (trees, leavesMax, seed, rows) => {
          const forest = randomForest(trees, leavesMax, seed);
          const walked = new Float64Array(rows.length);
          addPredictions(forest, Float32Array.from(rows.flat()), WIDTH, walked);
          const scored = new Float64Array(rows.length).fill(7);
          ForestScorer.of(forest, WIDTH)!.score(rows.flat(), scored);
          expect(scored).toEqual(walked);
        },
      ),
    );
  });

  test("is missing for trees of more leaves than a word has bits", () => {
    const forest = randomForest(1, 1, 3);
    const deep = (leaves: number): ForestNodes => ({
      ...forest,
      columns: Int16Array.from({ length: 2 * leaves - 1 }, (_, node) =>
        node % 2 === 0 && node < 2 * leaves - 2 ? 0 : LEAF,
      ),
      values: new Float64Array(2 * leaves - 1),
      lefts: Int32Array.from({ length: 2 * leaves - 1 }, (_, node) => node + 1),
    });
    expect(ForestScorer.of(deep(32), WIDTH)).toBeDefined();
    expect(ForestScorer.of(deep(33), WIDTH)).toBeUndefined();
  });
});

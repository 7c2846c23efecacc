import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { addPredictions } from "./forest.js";
import { type GrowOptions, growForest, type TrainingSet } from "./grow-forest.js";
import { seededRandom } from "./random.js";

const OPTIONS: GrowOptions = {
  trees: 40,
  leaves: 8,
  learningRate: 0.2,
  columnShare: 1,
  listShare: 0.8,
  leafHessianMin: 1,
  l2: 1,
  seed: 1,
};

test("a forest finds what two columns only say together", () => {
  const set = exclusiveOr(400);
  const scores = new Float64Array(set.clicked.length);
  addPredictions(growForest(set, OPTIONS), set.matrix, set.columns, scores);
  expect(firstIsClicked(set, scores)).toBeGreaterThan(0.95);
});

test("the same examples and seed grow the same forest, another seed another", () => {
  const set = exclusiveOr(100);
  expect(growForest(set, OPTIONS)).toEqual(growForest(set, OPTIONS));
  expect(growForest(set, { ...OPTIONS, seed: 2 })).not.toEqual(growForest(set, OPTIONS));
});

test("columns that never differ grow leaves that say nothing", () => {
  const set = { ...exclusiveOr(20), matrix: new Float32Array(20 * 4 * 3) };
  const scores = new Float64Array(80);
  addPredictions(growForest(set, OPTIONS), set.matrix, 3, scores);
  expect(Math.max(...scores) - Math.min(...scores)).toBe(0);
});

test("any examples grow trees that end in finite values", () => {
  const lists = fc.array(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 2, maxLength: 6 }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(lists, (values) => {
      const starts = Int32Array.from([0, ...values.map((list) => list.length)]);
      for (let list = 1; list < starts.length; list++) starts[list]! += starts[list - 1]!;
      const matrix = Float32Array.from(values.flat());
      const clicked = Uint8Array.from(values.flatMap((list) => list.map((_, at) => (at === 0 ? 1 : 0))));
      const weights = new Float32Array(values.length).fill(1);
      const set = { columns: 1, matrix, starts, clicked, offsets: new Float32Array(matrix.length), weights };
      const scores = new Float64Array(matrix.length);
      addPredictions(growForest(set, { ...OPTIONS, trees: 3, leafHessianMin: 0.01 }), matrix, 1, scores);
      expect(scores.every(Number.isFinite)).toBe(true);
    }),
  );
});

test("lists that weigh more decide where lists contradict each other", () => {
  const lists = 100;
  const matrix = Float32Array.from({ length: 2 * lists }, (_, row) => row % 2);
  const starts = Int32Array.from({ length: lists + 1 }, (_, list) => 2 * list);
  const isFirst = (list: number) => list % 2 === 0;
  const clicked = Uint8Array.from({ length: 2 * lists }, (_, row) => ((row % 2 === 0) === isFirst(row >> 1) ? 1 : 0));
  const better = (heavier: (list: number) => boolean) => {
    const weights = Float32Array.from({ length: lists }, (_, list) => (heavier(list) ? 3 : 1));
    const set = { columns: 1, matrix, starts, clicked, offsets: new Float32Array(2 * lists), weights };
    const scores = new Float64Array(2);
    addPredictions(growForest(set, { ...OPTIONS, columnShare: 1, listShare: 1 }), matrix.subarray(0, 2), 1, scores);
    return scores[0]! > scores[1]! ? "the first" : "the second";
  };
  expect([better(isFirst), better((list) => !isFirst(list))]).toEqual(["the first", "the second"]);
});

/** Lists of four in which the one with exactly one of two signs is clicked; the third column is noise. */
function exclusiveOr(lists: number): TrainingSet {
  const random = seededRandom(5);
  const rows: number[] = [];
  const clicked: number[] = [];
  for (let list = 0; list < lists; list++) {
    const winner = Math.floor(random() * 4);
    for (let row = 0; row < 4; row++) {
      const first = random() < 0.5 ? 1 : 0;
      rows.push(first, row === winner ? 1 - first : first, random());
      clicked.push(row === winner ? 1 : 0);
    }
  }
  const starts = Int32Array.from({ length: lists + 1 }, (_, list) => list * 4);
  const matrix = Float32Array.from(rows);
  const [offsets, weights] = [new Float32Array(clicked.length), new Float32Array(lists).fill(1)];
  return { columns: 3, matrix, starts, clicked: Uint8Array.from(clicked), offsets, weights };
}

function firstIsClicked({ starts, clicked }: TrainingSet, scores: Float64Array): number {
  let right = 0;
  for (let list = 0; list < starts.length - 1; list++) {
    const of = scores.subarray(starts[list]!, starts[list + 1]!);
    right += clicked[starts[list]! + of.indexOf(Math.max(...of))]!;
  }
  return right / (starts.length - 1);
}

import { seededRandom } from "@headline/ranking";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { judge, judgePool } from "./measures.js";

const ties = () => seededRandom(1);

test("the clicked first is perfect, last is worst", () => {
  expect(judge([3, 2, 1], new Set([0]), ties())).toEqual({ auc: 1, mrr: 1, ndcg5: 1, ndcg10: 1 });
  expect(judge([1, 2, 3], new Set([0]), ties())).toMatchObject({ auc: 0, mrr: 1 / 3, ndcg5: 0.5 });
});

test("two clicks share the ideal order", () => {
  const measured = judge([5, 4, 3, 2], new Set([0, 2]), ties())!;
  expect(measured.auc).toBe(0.75);
  expect(measured.mrr).toBeCloseTo((1 + 1 / 3) / 2, 12);
  expect(measured.ndcg10).toBeCloseTo(1.5 / (1 + 1 / Math.log2(3)), 12);
});

test("nothing clicked, or everything, is not judged", () => {
  expect(judge([1, 2], new Set(), ties())).toBeUndefined();
  expect(judge([1, 2], new Set([0, 1]), ties())).toBeUndefined();
});

test("only the order of the scores matters, and equal scores are worth half", () => {
  const scores = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(scores, fc.nat(), (values, at) => {
      const clicked = new Set([at % values.length]);
      const scaled = values.map((value) => value * 3 + 7);
      expect(judge(scaled, clicked, ties())).toEqual(judge(values, clicked, ties()));
      expect(
        judge(
          values.map(() => 1),
          clicked,
          ties(),
        )!.auc,
      ).toBe(0.5);
    }),
  );
});

test("a click that is not in the pool is a miss", () => {
  expect(judgePool([1, 2, 3], new Set([-1]), 1, ties())).toMatchObject({ hr10: 0, recall20: 0, ndcg10: 0 });
  expect(judgePool([1, 2, 3], new Set([0]), 1, ties())).toMatchObject({ hr10: 1, recall10: 1, ndcg10: 0.5 });
});

import { expect, test } from "@jest/globals";
import { estimate, gini, type ServedPage, ServedPages } from "./served-pages.js";

const HOUR_MS = 3_600_000;
const ids = (...numbers: number[]) => numbers.map(BigInt);

function page(fields: Partial<ServedPage>): ServedPage {
  const ten = ids(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  return {
    reader: 1,
    opened: 0,
    ageMs: HOUR_MS,
    clicked: new Set(ids(2)),
    ten,
    twenty: [...ten, ...ids(11, 12)],
    byScore: ids(1, 2, 3, 4, 5, 6, 7, 8, 9, 12),
    candidates: new Set([...ten, ...ids(11, 12, 13)]),
    shareOfClicks: [0.5, 0.25],
    nearDuplicates: undefined,
    ...fields,
  };
}

test("a page is judged by the place of what was clicked, and by whether it was a candidate at all", () => {
  const pages = new ServedPages();
  pages.add(page({}));
  pages.add(page({ reader: 2, clicked: new Set(ids(12)), opened: 30, ageMs: 9 * HOUR_MS }));
  pages.add(page({ reader: 3, clicked: new Set(ids(13)) }));
  pages.add(page({ reader: 4, clicked: new Set(ids(99)), ageMs: undefined }));
  const figures = pages.figures();
  expect(figures.estimates).toMatchObject({
    hr10: { mean: 1 / 4, count: 4 },
    hr20: { mean: 2 / 4 },
    mrr10: { mean: 1 / 2 / 4 },
    ndcg10: { mean: 1 / Math.log2(3) / 4 },
    hr10ByScore: { mean: 2 / 4 },
    recalled: { mean: 3 / 4 },
  });
  expect(figures.byOpened).toMatchObject({ none: { mean: 1 / 3, count: 3 }, "20–99": { mean: 0, count: 1 } });
  expect(figures.byAge).toMatchObject({ "never shown before": { count: 1 }, "30 min to 2 h": { mean: 1 / 2 } });
  expect(figures).toMatchObject({ coverage: 10 / 13, gini: 0, novelty: 1.5, nearDuplicates: undefined });
});

test("many pages of one reader say less than as many readers", () => {
  const values = [0, 1, 0, 1].flatMap((value) => Array.from({ length: 25 }, () => value));
  const ofReaders = estimate(values.map((value, at) => [at, value]));
  const ofFew = estimate(values.map((value, at) => [Math.floor(at / 25), value]));
  expect([ofReaders.mean, ofFew.mean]).toEqual([0.5, 0.5]);
  expect(ofReaders.margin).toBeCloseTo(1.96 * 0.05, 9);
  expect(ofFew.margin).toBeCloseTo(1.96 * 0.25, 9);
});

test("the Gini coefficient is 0 for equal shares and nears 1 when few have all", () => {
  expect(gini([3, 3, 3])).toBe(0);
  expect(gini([0, 0, 0, 8])).toBeCloseTo(0.75, 9);
});

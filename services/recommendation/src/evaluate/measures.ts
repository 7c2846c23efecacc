/** Quality of one ranked list. */
export interface ListMeasures {
  readonly auc: number;
  readonly mrr: number;
  readonly ndcg5: number;
  readonly ndcg10: number;
}

/**
 * Judges the scores of one list: higher is better, ties of AUC count half, ties of rank fall as `random` has it.
 * Undefined when nothing or everything was clicked: there is no order to be right about.
 */
export function judge(
  scores: ArrayLike<number>,
  clicked: ReadonlySet<number>,
  random: () => number,
): ListMeasures | undefined {
  const count = scores.length;
  if (clicked.size === 0 || clicked.size === count) return undefined;
  const keys = Array.from({ length: count }, () => random());
  const order = Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]! || keys[a]! - keys[b]!,
  );
  let reciprocal = 0;
  order.forEach((candidate, place) => {
    if (clicked.has(candidate)) reciprocal += 1 / (place + 1);
  });
  return {
    auc: pairsWon(scores, clicked),
    mrr: reciprocal / clicked.size,
    ndcg5: ndcg(order, clicked, 5),
    ndcg10: ndcg(order, clicked, 10),
  };
}

/** Binary gain, discount 1 / log2(rank + 1), ideal cut at k. */
export function ndcg(order: readonly number[], relevant: ReadonlySet<number>, k: number): number {
  let gained = 0;
  let ideal = 0;
  for (let place = 0; place < k; place++) {
    const discount = 1 / Math.log2(place + 2);
    if (place < order.length && relevant.has(order[place]!)) gained += discount;
    if (place < relevant.size) ideal += discount;
  }
  return gained / ideal;
}

/** The candidates at the first places; ties fall by a hash of the candidate and `key`. */
function firstPlaces(scores: ArrayLike<number>, places: number, key: number): number[] {
  const keyOf = (candidate: number) => Math.imul(candidate + 1, 0x9e3779b1) ^ key;
  const isBefore = (a: number, b: number) =>
    scores[a]! > scores[b]! || (scores[a] === scores[b] && keyOf(a) < keyOf(b));
  const first: number[] = [];
  for (let candidate = 0; candidate < scores.length; candidate++) {
    if (first.length === places && !isBefore(candidate, first[places - 1]!)) continue;
    let place = first.length;
    while (place > 0 && isBefore(candidate, first[place - 1]!)) place--;
    first.splice(place, 0, candidate);
    if (first.length > places) first.pop();
  }
  return first;
}

function pairsWon(scores: ArrayLike<number>, clicked: ReadonlySet<number>): number {
  let won = 0;
  for (const winner of clicked) {
    for (let other = 0; other < scores.length; other++) {
      if (clicked.has(other)) continue;
      if (scores[winner]! > scores[other]!) won += 1;
      else if (scores[winner] === scores[other]) won += 0.5;
    }
  }
  return won / (clicked.size * (scores.length - clicked.size));
}

/** Quality of finding clicked articles in the whole pool. */
export interface PoolMeasures {
  readonly hr10: number;
  readonly hr20: number;
  readonly recall10: number;
  readonly recall20: number;
  readonly ndcg10: number;
  readonly ndcg20: number;
}

/** Judges the first places of a pool; `wanted` are places in it (−1: not there), of `clicks` that there were. */
export function judgePool(
  scores: ArrayLike<number>,
  wanted: ReadonlySet<number>,
  clicks: number,
  random: () => number,
): PoolMeasures {
  const order = firstPlaces(scores, 20, random() * 2 ** 32);
  const found = (k: number) => order.slice(0, k).filter((candidate) => wanted.has(candidate)).length;
  const [found10, found20] = [found(10), found(20)];
  return {
    hr10: found10 > 0 ? 1 : 0,
    hr20: found20 > 0 ? 1 : 0,
    recall10: found10 / clicks,
    recall20: found20 / clicks,
    ndcg10: ndcg(order, wanted, 10),
    ndcg20: ndcg(order, wanted, 20),
  };
}

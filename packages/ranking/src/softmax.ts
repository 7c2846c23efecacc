/** By name: where each module has a global object of its own, as in the tests, asking that for Math takes longer than the sum. */
const { exp, max } = Math;

/** Turns scores into the chance of each to be the one that is clicked, in place of `into`. */
export function softmax(scores: ArrayLike<number>, into: Float64Array): Float64Array {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < into.length; i++) highest = max(highest, scores[i]!);
  let sum = 0;
  for (let i = 0; i < into.length; i++) {
    into[i] = exp(scores[i]! - highest);
    sum += into[i]!;
  }
  for (let i = 0; i < into.length; i++) into[i]! /= sum;
  return into;
}

/** Turns scores into the chance of each to be the one that is clicked, in place of `into`. */
export function softmax(scores: ArrayLike<number>, into: Float64Array): Float64Array {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < into.length; i++) highest = Math.max(highest, scores[i]!);
  let sum = 0;
  for (let i = 0; i < into.length; i++) {
    into[i] = Math.exp(scores[i]! - highest);
    sum += into[i]!;
  }
  for (let i = 0; i < into.length; i++) into[i]! /= sum;
  return into;
}

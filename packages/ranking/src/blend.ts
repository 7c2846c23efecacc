import { softmax } from "./softmax.js";

const RATE = 0.02;
/** A weight's steps shrink as it has moved. */
const STEADINESS = 50;

/** Weights of two models, learnt online from lists that neither had learnt from when it scored them. */
export class Blend {
  readonly weights: Float64Array;
  readonly #squares: Float64Array;
  #chances = new Float64Array(64);

  constructor(first: number, second: number) {
    this.weights = Float64Array.of(first, second);
    this.#squares = new Float64Array(2);
  }

  learn(first: Float64Array, second: Float64Array, clicked: Uint8Array): void {
    const count = clicked.length;
    if (this.#chances.length < count) this.#chances = new Float64Array(count * 2);
    const chances = this.#chances.subarray(0, count);
    let clicks = 0;
    for (let row = 0; row < count; row++) {
      chances[row] = this.weights[0]! * first[row]! + this.weights[1]! * second[row]!;
      clicks += clicked[row]!;
    }
    softmax(chances, chances);
    this.#descend(0, gradientOf(first, chances, clicked, clicks));
    this.#descend(1, gradientOf(second, chances, clicked, clicks));
  }

  state(): { weights: Float64Array; squares: Float64Array } {
    return { weights: this.weights, squares: this.#squares };
  }

  restore({ weights, squares }: { weights: Float64Array; squares: Float64Array }): void {
    this.weights.set(weights);
    this.#squares.set(squares);
  }

  #descend(model: 0 | 1, gradient: number): void {
    this.#squares[model]! += gradient * gradient;
    const step = (RATE * gradient) / Math.sqrt(1 + this.#squares[model]! / STEADINESS);
    this.weights[model] = Math.max(0, this.weights[model]! - step);
  }
}

function gradientOf(scores: Float64Array, chances: Float64Array, clicked: Uint8Array, clicks: number): number {
  let gradient = 0;
  for (let row = 0; row < clicked.length; row++) gradient += (chances[row]! - clicked[row]! / clicks) * scores[row]!;
  return gradient;
}

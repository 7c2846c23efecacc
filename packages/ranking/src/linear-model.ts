import { softmax } from "./softmax.js";

/** By name: where each module has a global object of its own, as in the tests, asking that for Math takes longer than the sum. */
const { abs, sign, sqrt } = Math;

/** Weight of an example against the penalties below, and the learning rate. */
const ALPHA = 0.06;
const BETA = 1;
const L1 = 0.3;
const L2 = 1;

/**
 * A linear model learnt online by FTRL-Proximal (McMahan et al. 2013) from lists: the loss of a list is the cross
 * entropy of the softmax of its scores. Each weight has its own learning rate, and one that earns nothing stays zero.
 */
export class LinearModel {
  readonly weights: Float64Array;
  readonly #z: Float64Array;
  readonly #n: Float64Array;
  readonly #gradient: Float64Array;
  readonly #prior: Float64Array;
  #chances = new Float64Array(64);

  /** `prior`: the weights it starts from, and returns to what earns nothing. */
  constructor(width: number, prior: Float64Array = new Float64Array(width)) {
    this.weights = Float64Array.from(prior);
    this.#prior = prior;
    this.#z = new Float64Array(width);
    this.#n = new Float64Array(width);
    this.#gradient = new Float64Array(width);
  }

  /** Writes the score of each row. */
  score(rows: Float64Array | Float32Array, scores: Float64Array): void {
    const { weights } = this;
    for (let row = 0; row < scores.length; row++) {
      const start = row * weights.length;
      let score = 0;
      for (let column = 0; column < weights.length; column++) score += weights[column]! * rows[start + column]!;
      scores[row] = score;
    }
  }

  /** Learns from one list: its rows, which were clicked, and how much it weighs. */
  learn(rows: Float32Array, clicked: Uint8Array, weight = 1): void {
    const width = this.weights.length;
    if (this.#chances.length < clicked.length) this.#chances = new Float64Array(clicked.length * 2);
    const chances = this.#chances.subarray(0, clicked.length);
    this.score(rows, chances);
    softmax(chances, chances);
    let clicks = 0;
    for (let row = 0; row < clicked.length; row++) clicks += clicked[row]!;
    this.#gradient.fill(0);
    for (let row = 0; row < clicked.length; row++) {
      const error = weight * (chances[row]! - clicked[row]! / clicks);
      for (let column = 0; column < width; column++) this.#gradient[column]! += error * rows[row * width + column]!;
    }
    for (let column = 0; column < width; column++) this.#move(column, this.#gradient[column]!);
  }

  state(): { z: Float64Array; n: Float64Array } {
    return { z: this.#z, n: this.#n };
  }

  restore({ z, n }: { z: Float64Array; n: Float64Array }): void {
    this.#z.set(z);
    this.#n.set(n);
    for (let column = 0; column < z.length; column++)
      this.weights[column] = this.#prior[column]! + this.#proximal(column);
  }

  #move(column: number, gradient: number): void {
    const before = this.#n[column]!;
    const after = before + gradient * gradient;
    const sigma = (sqrt(after) - sqrt(before)) / ALPHA;
    this.#z[column]! += gradient - sigma * (this.weights[column]! - this.#prior[column]!);
    this.#n[column] = after;
    this.weights[column] = this.#prior[column]! + this.#proximal(column);
  }

  #proximal(column: number): number {
    const z = this.#z[column]!;
    if (abs(z) <= L1) return 0;
    return -(z - sign(z) * L1) / ((BETA + sqrt(this.#n[column]!)) / ALPHA + L2);
  }
}

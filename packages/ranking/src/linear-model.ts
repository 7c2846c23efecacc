/** What an example is worth against the penalties below, and how fast a weight may move. */
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

  constructor(width: number) {
    this.weights = new Float64Array(width);
    this.#z = new Float64Array(width);
    this.#n = new Float64Array(width);
    this.#gradient = new Float64Array(width);
  }

  score(rows: ArrayLike<number>, start: number): number {
    let score = 0;
    for (let column = 0; column < this.weights.length; column++) score += this.weights[column]! * rows[start + column]!;
    return score;
  }

  /** Learns from one list: rows, what the softmax gave each, and which were clicked. */
  learn(rows: ArrayLike<number>, probabilities: Float64Array, clicked: Uint8Array): void {
    const width = this.weights.length;
    let clicks = 0;
    for (let row = 0; row < clicked.length; row++) clicks += clicked[row]!;
    this.#gradient.fill(0);
    for (let row = 0; row < clicked.length; row++) {
      const error = probabilities[row]! - clicked[row]! / clicks;
      for (let column = 0; column < width; column++) this.#gradient[column]! += error * rows[row * width + column]!;
    }
    for (let column = 0; column < width; column++) this.#move(column, this.#gradient[column]!);
  }

  snapshot(): { z: Float64Array; n: Float64Array } {
    return { z: this.#z, n: this.#n };
  }

  restore({ z, n }: { z: Float64Array; n: Float64Array }): void {
    this.#z.set(z);
    this.#n.set(n);
    for (let column = 0; column < z.length; column++) this.weights[column] = this.#proximal(column);
  }

  #move(column: number, gradient: number): void {
    const before = this.#n[column]!;
    const after = before + gradient * gradient;
    const sigma = (Math.sqrt(after) - Math.sqrt(before)) / ALPHA;
    this.#z[column]! += gradient - sigma * this.weights[column]!;
    this.#n[column] = after;
    this.weights[column] = this.#proximal(column);
  }

  #proximal(column: number): number {
    const z = this.#z[column]!;
    if (Math.abs(z) <= L1) return 0;
    return -(z - Math.sign(z) * L1) / ((BETA + Math.sqrt(this.#n[column]!)) / ALPHA + L2);
  }
}

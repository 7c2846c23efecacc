const BINS = 20;

/** Compares the chances that a ranker gives with what happens. */
export class Calibration {
  readonly #expected = new Float64Array(BINS);
  readonly #happened = new Float64Array(BINS);
  readonly #counts = new Float64Array(BINS);

  /** Adds the scores of one list, as the chances of a softmax, and what of it was clicked. */
  add(scores: ArrayLike<number>, clicked: ReadonlySet<number>): void {
    const highest = Math.max(...Array.from(scores));
    const weights = Array.from(scores, (score) => Math.exp(score - highest));
    const sum = weights.reduce((all, weight) => all + weight, 0);
    for (const [candidate, weight] of weights.entries()) {
      const chance = weight / sum;
      const bin = Math.min(BINS - 1, Math.floor(chance * BINS));
      this.#expected[bin]! += chance;
      this.#happened[bin]! += clicked.has(candidate) ? 1 / clicked.size : 0;
      this.#counts[bin]! += 1;
    }
  }

  /** The mean distance between chances and shares clicked, over twenty bins of chances; 0 is calibrated. */
  error(): number {
    const all = this.#counts.reduce((sum, count) => sum + count, 0);
    let distance = 0;
    for (let bin = 0; bin < BINS; bin += 1) distance += Math.abs(this.#expected[bin]! - this.#happened[bin]!);
    return all === 0 ? Number.NaN : distance / all;
  }
}

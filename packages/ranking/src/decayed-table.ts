/** By name: where each module has a global object of its own, as in the tests, asking that for Math takes longer than the sum. */
const { max, min } = Math;

/** Growth of weights past the landmark before all sums are rescaled: far from overflow, rare enough to be free. */
const DOUBLINGS_MAX = 200;

/**
 * Exponentially decayed sums, one row for each slot and one column for each (kind, half-life).
 *
 * Forward decay: an event weighs 2^((at − landmark) / halfLife) once and for ever, and a reader divides by the weight of
 * now. So adding costs one power for each half-life, reading none, late events count exactly what they would have
 * counted in time, and subtracting an event with its own time undoes it.
 */
export class DecayedTable {
  readonly kinds: number;
  readonly halfLivesMs: readonly number[];
  readonly #width: number;
  readonly #weights: Float64Array;
  readonly #factors: Float64Array;
  #sums: Float64Array;
  #landmarkMs = Number.NaN;
  #factorsAtMs = Number.NaN;

  constructor(kinds: number, halfLivesMs: readonly number[], rows = 64) {
    this.kinds = kinds;
    this.halfLivesMs = halfLivesMs;
    this.#width = kinds * halfLivesMs.length;
    this.#weights = new Float64Array(halfLivesMs.length);
    this.#factors = new Float64Array(halfLivesMs.length);
    this.#sums = new Float64Array(rows * this.#width);
  }

  /** Bytes of a row. */
  static bytesPerRow(kinds: number, halfLives: number): number {
    return kinds * halfLives * Float64Array.BYTES_PER_ELEMENT;
  }

  /** The weights of an event at a time, one a half-life; valid until the next call. Call before `add`s of that time. */
  at(atMs: number): this {
    if (Number.isNaN(this.#landmarkMs)) this.#landmarkMs = atMs;
    const doublings = (atMs - this.#landmarkMs) / min(...this.halfLivesMs);
    if (doublings > DOUBLINGS_MAX) this.#rebase(atMs);
    for (let window = 0; window < this.#weights.length; window++) {
      this.#weights[window] = 2 ** ((atMs - this.#landmarkMs) / this.halfLivesMs[window]!);
    }
    return this;
  }

  /** Adds to a kind in all windows of a row, at the time last given to `at`. */
  add(row: number, kind: number, amount: number): void {
    this.#reach(row);
    const windows = this.#weights.length;
    const start = row * this.#width + kind * windows;
    for (let window = 0; window < windows; window++) this.#sums[start + window]! += amount * this.#weights[window]!;
  }

  /** Makes `value` read as of this time. */
  readAt(nowMs: number): void {
    if (nowMs === this.#factorsAtMs) return;
    const landmarkMs = Number.isNaN(this.#landmarkMs) ? nowMs : this.#landmarkMs;
    for (let window = 0; window < this.#factors.length; window++) {
      this.#factors[window] = 2 ** ((landmarkMs - nowMs) / this.halfLivesMs[window]!);
    }
    this.#factorsAtMs = nowMs;
  }

  /** The decayed sum as of the time last given to `readAt`; what undoing rounds below zero is zero. */
  value(row: number, kind: number, window: number): number {
    const windows = this.#factors.length;
    const sum = this.#sums[row * this.#width + kind * windows + window];
    return sum === undefined || sum <= 0 ? 0 : sum * this.#factors[window]!;
  }

  clear(row: number): void {
    if ((row + 1) * this.#width <= this.#sums.length) this.#sums.fill(0, row * this.#width, (row + 1) * this.#width);
  }

  state(): { landmarkMs: number; sums: Float64Array } {
    return { landmarkMs: this.#landmarkMs, sums: this.#sums };
  }

  restore({ landmarkMs, sums }: { landmarkMs: number; sums: Float64Array }): void {
    this.#landmarkMs = landmarkMs;
    this.#factorsAtMs = Number.NaN;
    this.#sums = sums;
  }

  #reach(row: number): void {
    const needed = (row + 1) * this.#width;
    if (needed <= this.#sums.length) return;
    const grown = new Float64Array(max(needed, this.#sums.length * 2));
    grown.set(this.#sums);
    this.#sums = grown;
  }

  #rebase(landmarkMs: number): void {
    const windows = this.#factors.length;
    const shrink = this.halfLivesMs.map((halfLifeMs) => 2 ** ((this.#landmarkMs - landmarkMs) / halfLifeMs));
    for (let column = 0; column < this.#sums.length; column++) this.#sums[column]! *= shrink[column % windows]!;
    this.#landmarkMs = landmarkMs;
    this.#factorsAtMs = Number.NaN;
  }
}

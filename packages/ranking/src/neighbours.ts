/** By name: where each module has a global object of its own, as in the tests, asking that for Math takes longer than the sum. */
const { max } = Math;

/** A bounded top-k of weighted neighbours for each row: when a row is full, the lightest neighbour gives way. */
export class Neighbours {
  readonly perRow: number;
  readonly #halfLifeMs: number;
  #serials: Uint32Array;
  #weights: Float64Array;
  #landmarkMs = Number.NaN;
  #weight = 1;
  #factor = 1;

  constructor(perRow: number, halfLifeMs: number, rows = 64) {
    this.perRow = perRow;
    this.#halfLifeMs = halfLifeMs;
    this.#serials = new Uint32Array(rows * perRow);
    this.#weights = new Float64Array(rows * perRow);
  }

  static bytesPerRow(perRow: number): number {
    return perRow * (Uint32Array.BYTES_PER_ELEMENT + Float64Array.BYTES_PER_ELEMENT);
  }

  /** The time of the `add`s that follow. */
  at(atMs: number): this {
    if (Number.isNaN(this.#landmarkMs)) this.#landmarkMs = atMs;
    if (atMs - this.#landmarkMs > 200 * this.#halfLifeMs) this.#rebase(atMs);
    this.#weight = 2 ** ((atMs - this.#landmarkMs) / this.#halfLifeMs);
    return this;
  }

  /** Draws a row towards a neighbour. The newcomer to a full row inherits nothing: it must be heavier than the lightest. */
  add(row: number, serial: number, amount: number): void {
    this.#reach(row);
    const start = row * this.perRow;
    const weight = amount * this.#weight;
    let lightest = start;
    for (let place = start; place < start + this.perRow; place++) {
      if (this.#serials[place] === serial) {
        this.#weights[place]! += weight;
        return;
      }
      if (this.#weights[place]! < this.#weights[lightest]!) lightest = place;
    }
    if (this.#weights[lightest]! > weight) return;
    this.#serials[lightest] = serial;
    this.#weights[lightest] = weight;
  }

  /** Makes `weight` read as of this time. */
  readAt(nowMs: number): void {
    this.#factor = Number.isNaN(this.#landmarkMs) ? 1 : 2 ** ((this.#landmarkMs - nowMs) / this.#halfLifeMs);
  }

  /** Calls back with each neighbour of a row and its decayed weight. */
  each(row: number, visit: (serial: number, weight: number) => void): void {
    const start = row * this.perRow;
    for (let place = start; place < start + this.perRow && place < this.#serials.length; place++) {
      if (this.#weights[place]! > 0) visit(this.#serials[place]!, this.#weights[place]! * this.#factor);
    }
  }

  clear(row: number): void {
    this.#serials.fill(0, row * this.perRow, (row + 1) * this.perRow);
    this.#weights.fill(0, row * this.perRow, (row + 1) * this.perRow);
  }

  state(): { landmarkMs: number; serials: Uint32Array; weights: Float64Array } {
    return { landmarkMs: this.#landmarkMs, serials: this.#serials, weights: this.#weights };
  }

  restore(saved: { landmarkMs: number; serials: Uint32Array; weights: Float64Array }): void {
    this.#landmarkMs = saved.landmarkMs;
    this.#serials = saved.serials;
    this.#weights = saved.weights;
  }

  #reach(row: number): void {
    const needed = (row + 1) * this.perRow;
    if (needed <= this.#serials.length) return;
    const length = max(needed, this.#serials.length * 2);
    const serials = new Uint32Array(length);
    serials.set(this.#serials);
    this.#serials = serials;
    const weights = new Float64Array(length);
    weights.set(this.#weights);
    this.#weights = weights;
  }

  #rebase(landmarkMs: number): void {
    const shrink = 2 ** ((this.#landmarkMs - landmarkMs) / this.#halfLifeMs);
    for (let place = 0; place < this.#weights.length; place++) this.#weights[place]! *= shrink;
    this.#landmarkMs = landmarkMs;
  }
}

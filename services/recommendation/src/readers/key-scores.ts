/** Scores by integer key, filled and emptied for each reader: no allocation, and emptying costs nothing. */
export class KeyScores {
  readonly #shift: number;
  readonly #keys: Int32Array;
  readonly #scores: Float64Array;
  readonly #stamps: Uint32Array;
  #stamp = 1;

  /** @param log2Size Of several times as many places as there will be keys, so that nearly all places that are looked at are empty. */
  constructor(log2Size: number) {
    this.#shift = 32 - log2Size;
    this.#keys = new Int32Array(2 ** log2Size);
    this.#scores = new Float64Array(2 ** log2Size);
    this.#stamps = new Uint32Array(2 ** log2Size);
  }

  clear(): void {
    this.#stamp += 1;
  }

  set(key: number, score: number): void {
    const place = this.#placeOf(key);
    this.#keys[place] = key;
    this.#scores[place] = score;
    this.#stamps[place] = this.#stamp;
  }

  /** 0 for a key without a score. */
  get(key: number): number {
    const place = this.#placeOf(key);
    return this.#stamps[place] === this.#stamp ? (this.#scores[place] as number) : 0;
  }

  #placeOf(key: number): number {
    const mask = this.#keys.length - 1;
    let place = Math.imul(key, 0x9e3779b1) >>> this.#shift;
    while (this.#stamps[place] === this.#stamp && this.#keys[place] !== key) place = (place + 1) & mask;
    return place;
  }
}

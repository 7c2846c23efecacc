/** A heap of rows by a column of keys, which must not change while a row is in it: the lowest is at hand, any can be taken out. */
export class LowestFirst {
  readonly #rows: Int32Array;
  readonly #placeOf: Int32Array;
  #size = 0;

  constructor(private readonly keys: Float64Array) {
    this.#rows = new Int32Array(keys.length);
    this.#placeOf = new Int32Array(keys.length);
  }

  get size(): number {
    return this.#size;
  }

  /** The row with the lowest key. */
  get first(): number {
    return this.#rows[0] as number;
  }

  add(row: number): void {
    this.#size += 1;
    this.#rise(this.#size - 1, row);
  }

  remove(row: number): void {
    const place = this.#placeOf[row]!;
    this.#size -= 1;
    const last = this.#rows[this.#size]!;
    if (last === row) return;
    if (this.keys[last]! < this.keys[row]!) this.#rise(place, last);
    else this.#sink(place, last);
  }

  /** Puts a row at a place, or above it while what stands there is higher. */
  #rise(from: number, row: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (this.keys[this.#rows[parent]!]! <= this.keys[row]!) break;
      this.#set(place, this.#rows[parent]!);
      place = parent;
    }
    this.#set(place, row);
  }

  /** Puts a row at a place, or below it while what stands there is lower. */
  #sink(from: number, row: number): void {
    let place = from;
    for (let child = 2 * place + 1; child < this.#size; child = 2 * place + 1) {
      const isRightLower =
        child + 1 < this.#size && this.keys[this.#rows[child + 1]!]! < this.keys[this.#rows[child]!]!;
      if (isRightLower) child += 1;
      if (this.keys[this.#rows[child]!]! >= this.keys[row]!) break;
      this.#set(place, this.#rows[child]!);
      place = child;
    }
    this.#set(place, row);
  }

  #set(place: number, row: number): void {
    this.#rows[place] = row;
    this.#placeOf[row] = place;
  }
}

import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";
import type { Traits } from "./traits.js";

/** How many deeds of a reader can be taken back exactly. */
const DEEDS = 8;

/** The last deeds of each row that can be taken back, with when they were done. */
export class LastFeedback {
  readonly #slots: Int32Array;
  readonly #weights: Float32Array;
  readonly #seconds: Uint32Array;
  readonly #sizes: Uint8Array;

  constructor(rows: number) {
    this.#slots = new Int32Array(rows * DEEDS);
    this.#weights = new Float32Array(rows * DEEDS);
    this.#seconds = new Uint32Array(rows * DEEDS);
    this.#sizes = new Uint8Array(rows);
  }

  clear(row: number): void {
    this.#sizes[row] = 0;
  }

  add(row: number, slot: number, weight: number, second: number): void {
    if (this.#sizes[row] === DEEDS) this.#drop(row * DEEDS, row);
    const place = row * DEEDS + this.#sizes[row]!;
    this.#slots[place] = slot;
    this.#weights[place] = weight;
    this.#seconds[place] = second;
    this.#sizes[row]! += 1;
  }

  /** When the last deed of this weight on an article was done, and forgets it; undefined where it is not remembered. */
  take(row: number, slot: number, weight: number): number | undefined {
    for (let place = row * DEEDS + this.#sizes[row]! - 1; place >= row * DEEDS; place -= 1) {
      if (this.#slots[place] !== slot || this.#weights[place] !== Math.fround(weight)) continue;
      const second = this.#seconds[place]!;
      this.#drop(place, row);
      return second;
    }
    return undefined;
  }

  #drop(place: number, row: number): void {
    const end = row * DEEDS + this.#sizes[row]!;
    for (const column of [this.#slots, this.#weights, this.#seconds]) column.copyWithin(place, place + 1, end);
    this.#sizes[row]! -= 1;
  }

  write(writer: SnapshotWriter, row: number, traits: Traits): void {
    writer.byte(this.#sizes[row]!);
    for (let place = row * DEEDS; place < row * DEEDS + this.#sizes[row]!; place += 1) {
      writer.id(traits.articleId(this.#slots[place]!));
      writer.float(this.#weights[place]!);
      writer.int(this.#seconds[place]!);
    }
  }

  read(reader: SnapshotReader, row: number, traits: Traits): void {
    this.#sizes[row] = 0;
    for (let left = reader.byte(); left > 0; left -= 1) {
      this.add(row, traits.slotOf(reader.id()), reader.float(), reader.int());
    }
  }
}

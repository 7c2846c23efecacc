import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";
import type { Traits } from "./traits.js";

/** Feedback events of a reader that can be taken back exactly. */
const EVENTS = 8;

/** The last feedback of each row that can be taken back, with its time. */
export class LastFeedback {
  readonly #slots: Int32Array;
  readonly #weights: Float32Array;
  readonly #seconds: Uint32Array;
  readonly #sizes: Uint8Array;

  constructor(rows: number) {
    this.#slots = new Int32Array(rows * EVENTS);
    this.#weights = new Float32Array(rows * EVENTS);
    this.#seconds = new Uint32Array(rows * EVENTS);
    this.#sizes = new Uint8Array(rows);
  }

  clear(row: number): void {
    this.#sizes[row] = 0;
  }

  add(row: number, slot: number, weight: number, second: number): void {
    if (this.#sizes[row] === EVENTS) this.#drop(row * EVENTS, row);
    const place = row * EVENTS + this.#sizes[row]!;
    this.#slots[place] = slot;
    this.#weights[place] = weight;
    this.#seconds[place] = second;
    this.#sizes[row]! += 1;
  }

  /** Removes the last feedback of this weight on an article and returns its time; undefined where it is not kept. */
  take(row: number, slot: number, weight: number): number | undefined {
    for (let place = row * EVENTS + this.#sizes[row]! - 1; place >= row * EVENTS; place -= 1) {
      if (this.#slots[place] !== slot || this.#weights[place] !== Math.fround(weight)) continue;
      const second = this.#seconds[place]!;
      this.#drop(place, row);
      return second;
    }
    return undefined;
  }

  #drop(place: number, row: number): void {
    const end = row * EVENTS + this.#sizes[row]!;
    for (const column of [this.#slots, this.#weights, this.#seconds]) column.copyWithin(place, place + 1, end);
    this.#sizes[row]! -= 1;
  }

  write(writer: SnapshotWriter, row: number, traits: Traits): void {
    writer.byte(this.#sizes[row]!);
    for (let place = row * EVENTS; place < row * EVENTS + this.#sizes[row]!; place += 1) {
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

import type { TrainingSet } from "./grow-forest.js";

/** A list that was shown and clicked, as it measured before it was shown. */
export interface Example {
  readonly rows: Float32Array;
  readonly clicked: Uint8Array;
  /** Weight of the list, relative to one with a click and no more. */
  readonly weight: number;
  /** Added to a row's score while learning: it stands for so many others, in logarithms. */
  readonly offsets?: Float32Array | undefined;
}

/** The last examples, as many as have `rowsMax` rows together. */
export class ExampleBuffer {
  readonly columns: number;
  readonly rowsMax: number;
  #examples: Example[] = [];
  #first = 0;
  #rows = 0;

  constructor(columns: number, rowsMax: number) {
    this.columns = columns;
    this.rowsMax = rowsMax;
  }

  get size(): number {
    return this.#examples.length - this.#first;
  }

  add(example: Example): void {
    this.#examples.push(example);
    this.#rows += example.clicked.length;
    while (this.#rows > this.rowsMax && this.size > 1) this.#rows -= this.#examples[this.#first++]!.clicked.length;
    if (this.#first > 1_000 && this.#first * 2 > this.#examples.length) this.#compact();
  }

  /** A copy to learn from, the oldest list first, in memory that threads share: handing it to a worker copies nothing. */
  trainingSet(): TrainingSet {
    const set: TrainingSet = {
      columns: this.columns,
      matrix: new Float32Array(new SharedArrayBuffer(this.#rows * this.columns * Float32Array.BYTES_PER_ELEMENT)),
      starts: new Int32Array(new SharedArrayBuffer((this.size + 1) * Int32Array.BYTES_PER_ELEMENT)),
      clicked: new Uint8Array(new SharedArrayBuffer(this.#rows)),
      offsets: new Float32Array(new SharedArrayBuffer(this.#rows * Float32Array.BYTES_PER_ELEMENT)),
      weights: new Float32Array(new SharedArrayBuffer(this.size * Float32Array.BYTES_PER_ELEMENT)),
    };
    let row = 0;
    for (let list = 0; list < this.size; list++) {
      const { rows, clicked, weight, offsets } = this.#examples[this.#first + list]!;
      set.weights[list] = weight;
      set.starts[list] = row;
      set.matrix.set(rows, row * this.columns);
      set.clicked.set(clicked, row);
      if (offsets !== undefined) set.offsets.set(offsets, row);
      row += clicked.length;
    }
    set.starts[this.size] = row;
    return set;
  }

  state(): Example[] {
    return this.#examples.slice(this.#first);
  }

  restore(examples: readonly Example[]): void {
    this.#examples = [...examples];
    this.#first = 0;
    this.#rows = examples.reduce((rows, { clicked }) => rows + clicked.length, 0);
  }

  #compact(): void {
    this.#examples = this.#examples.slice(this.#first);
    this.#first = 0;
  }
}

/** How long a reader's taste and an article's audience stay in mind. */
const SHRINK = 3;

/**
 * Vectors of readers and articles by random indexing: an article has a fixed random signature, a reader is the sum of
 * the signatures of what it read, and an article's audience is the sum of the readers who read it. Nothing is trained,
 * an article nobody knows has an audience after its first reader, and undoing is subtracting.
 */
export class Taste {
  readonly dimensions: number;
  readonly audience: Float32Array;
  readonly size: Float64Array;

  constructor(dimensions: number, rows: number) {
    this.dimensions = dimensions;
    this.audience = new Float32Array(rows * dimensions);
    this.size = new Float64Array(rows);
  }

  /** Counts a reader, by its unit vector, into (or, with a negative weight, out of) an article's audience. */
  welcome(row: number, unit: Float32Array, weight: number): void {
    const start = row * this.dimensions;
    for (let d = 0; d < this.dimensions; d++) this.audience[start + d]! += weight * unit[d]!;
    this.size[row]! += weight;
  }

  /** How alike a reader and an article's audience are, less how alike the reader and everyone are; shrunk when few are known. */
  affinity(row: number, unit: Float32Array, everyone: Float32Array): number {
    const size = this.size[row]!;
    if (size <= 0) return 0;
    const start = row * this.dimensions;
    let alike = 0;
    for (let d = 0; d < this.dimensions; d++) alike += unit[d]! * (this.audience[start + d]! - size * everyone[d]!);
    return alike / (size + SHRINK);
  }

  clear(row: number): void {
    this.audience.fill(0, row * this.dimensions, (row + 1) * this.dimensions);
    this.size[row] = 0;
  }
}

import type { Id } from "./id.js";
import { mix32 } from "./random.js";

/** Readers that an audience must have to be trusted half. */
const TRUST = 3;
/** Learning rate of the mean over all readers. */
const FOLLOW = 0.001;
const SIGNATURE_SIZE = 8;
/** An audience of this size says more of an article than its signature does, and by how much of its length. */
const REFLECTED_FROM = 2;
const REFLECTED = 0.7;
/** Numbers copied in a step of restoring: two mebibytes. */
const SUMS_PER_STEP = 512 * 1_024;

/**
 * Vectors of readers and of articles' audiences by reflective random indexing: an article has a fixed random
 * signature, a reader is the sum of the signatures and of the audiences of what it read, and an article's audience is
 * the sum of the readers who read it. So readers who read different articles with the same audience are alike too.
 * Nothing is trained, and an article has an audience after its first reader.
 */
export class Audience {
  readonly dimensions: number;
  readonly sums: Float32Array;
  readonly sizes: Float64Array;
  readonly everyone: Float32Array;
  readonly #seed: number;

  constructor(dimensions: number, rows: number, seed: number) {
    this.dimensions = dimensions;
    this.sums = new Float32Array(rows * dimensions);
    this.sizes = new Float64Array(rows);
    this.everyone = new Float32Array(dimensions);
    this.#seed = seed;
  }

  /** Counts a reader, by its unit vector, into an article's audience. */
  welcome(slot: number, unit: Float32Array, weight: number): void {
    const start = slot * this.dimensions;
    for (let d = 0; d < this.dimensions; d++) {
      this.sums[start + d]! += weight * unit[d]!;
      this.everyone[d]! += FOLLOW * (unit[d]! - this.everyone[d]!);
    }
    this.sizes[slot]! += weight;
  }

  /** Inner product of a reader and the mean of all readers: once a list, for `affinity`. */
  likeEveryone(unit: Float32Array): number {
    let alike = 0;
    for (let d = 0; d < this.dimensions; d++) alike += unit[d]! * this.everyone[d]!;
    return alike;
  }

  /** Likeness of a reader and an article's audience, less that of the reader and everyone. */
  affinity(slot: number, unit: Float32Array, likeEveryone: number): number {
    const size = this.sizes[slot]!;
    if (size <= 0) return 0;
    const start = slot * this.dimensions;
    const { sums } = this;
    // Four sums, so that the additions do not wait for each other; there are 256 dimensions.
    let [a, b, c, e] = [0, 0, 0, 0];
    for (let d = 0; d < this.dimensions; d += 4) {
      a += unit[d]! * sums[start + d]!;
      b += unit[d + 1]! * sums[start + d + 1]!;
      c += unit[d + 2]! * sums[start + d + 2]!;
      e += unit[d + 3]! * sums[start + d + 3]!;
    }
    return (a + b + (c + e) - size * likeEveryone) / (size + TRUST);
  }

  /** Adds what an article stands for to a reader's sum and keeps its unit vector. */
  sign(slot: number, article: Id, weight: number, signatures: Float32Array, unit: Float32Array): void {
    let state = mix32(Number(BigInt.asIntN(32, BigInt(article))) ^ this.#seed);
    for (let i = 0; i < SIGNATURE_SIZE; i++) {
      state = mix32(state + 0x6d2b79f5);
      signatures[(state >>> 1) % this.dimensions]! += state & 1 ? weight : -weight;
    }
    if (this.sizes[slot]! >= REFLECTED_FROM) this.#reflect(slot, weight, signatures);
    let squares = 0;
    for (let d = 0; d < this.dimensions; d++) squares += signatures[d]! ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let d = 0; d < this.dimensions; d++) unit[d] = signatures[d]! * scale;
  }

  /** Adds where an article's audience differs from everyone, as long as REFLECTED of a signature. */
  #reflect(slot: number, weight: number, signatures: Float32Array): void {
    const start = slot * this.dimensions;
    const size = this.sizes[slot]!;
    const difference = (d: number) => this.sums[start + d]! - size * this.everyone[d]!;
    let squares = 0;
    for (let d = 0; d < this.dimensions; d++) squares += difference(d) ** 2;
    if (squares === 0) return;
    const scale = (REFLECTED * weight * Math.sqrt(SIGNATURE_SIZE)) / Math.sqrt(squares);
    for (let d = 0; d < this.dimensions; d++) signatures[d]! += scale * difference(d);
  }

  state(used: number) {
    return {
      sums: this.sums.subarray(0, used * this.dimensions),
      sizes: this.sizes.subarray(0, used),
      everyone: this.everyone,
    };
  }

  /** Restores in steps of about a millisecond each. */
  *restoring({ sums, sizes, everyone }: ReturnType<Audience["state"]>): Generator<void> {
    this.sizes.set(sizes);
    this.everyone.set(everyone);
    for (let from = 0; from < sums.length; from += SUMS_PER_STEP) {
      this.sums.set(sums.subarray(from, from + SUMS_PER_STEP), from);
      yield;
    }
  }

  clear(slot: number): void {
    this.sums.fill(0, slot * this.dimensions, (slot + 1) * this.dimensions);
    this.sizes[slot] = 0;
  }
}

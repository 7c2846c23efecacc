import { BINS, type BinnedRows, binRows } from "./binned-rows.js";
import { type ForestNodes, LEAF } from "./forest.js";
import { seededRandom } from "./random.js";
import { softmax } from "./softmax.js";

/** By name: where each module has a global object of its own, as in the tests, asking that for Math takes longer than the sum. */
const { abs, floor, max, min, round } = Math;

/** Lists to learn from: rows one after the other, where each list begins, and what was clicked. */
export interface TrainingSet {
  readonly columns: number;
  readonly matrix: Float32Array;
  /** One more than there are lists; the last is the number of rows. */
  readonly starts: Int32Array;
  readonly clicked: Uint8Array;
  /** Where the score of each row starts from. */
  readonly offsets: Float32Array;
  /** Weight of each list. */
  readonly weights: Float32Array;
}

export interface GrowOptions {
  readonly trees: number;
  readonly leaves: number;
  readonly learningRate: number;
  /** The share of columns each tree may ask for, and of lists it learns from. */
  readonly columnShare: number;
  readonly listShare: number;
  readonly leafHessianMin: number;
  readonly l2: number;
  readonly seed: number;
}

/** Grows trees by gradient boosting of the softmax cross entropy of each list. Deterministic; blocks while it runs. */
export function growForest(set: TrainingSet, options: GrowOptions): ForestNodes {
  const binned = binRows(set.matrix, set.columns);
  const random = seededRandom(options.seed);
  const scores = Float64Array.from(set.offsets);
  const gradients = new Float64Array(binned.rows);
  const hessians = new Float64Array(binned.rows);
  const nodes = new Nodes();
  const grower = new TreeGrower(binned, gradients, hessians, options);
  for (let tree = 0; tree < options.trees; tree++) {
    derive(set, scores, gradients, hessians);
    const rows = sampleRows(set, options.listShare, random);
    const columns = sampleColumns(set.columns, options.columnShare, random);
    grower.grow(rows, columns, nodes, scores);
  }
  return nodes.finish();
}

/** The first and second derivatives of the loss of each list by the score of each row. */
function derive(
  { starts, clicked, weights }: TrainingSet,
  scores: Float64Array,
  gradients: Float64Array,
  hessians: Float64Array,
) {
  for (let list = 0; list < starts.length - 1; list++) {
    const from = starts[list]!;
    const to = starts[list + 1]!;
    const weight = weights[list]!;
    const chances = softmax(scores.subarray(from, to), gradients.subarray(from, to));
    let clicks = 0;
    for (let row = from; row < to; row++) clicks += clicked[row]!;
    for (let row = from; row < to; row++) {
      const chance = chances[row - from]!;
      hessians[row] = max(1e-6, weight * chance * (1 - chance));
      gradients[row] = weight * (chance - clicked[row]! / clicks);
    }
  }
}

function sampleRows({ starts }: TrainingSet, share: number, random: () => number): Int32Array {
  const rows = new Int32Array(starts[starts.length - 1]!);
  let count = 0;
  for (let list = 0; list < starts.length - 1; list++) {
    if (share < 1 && random() >= share) continue;
    for (let row = starts[list]!; row < starts[list + 1]!; row++) rows[count++] = row;
  }
  return rows.subarray(0, count);
}

function sampleColumns(columns: number, share: number, random: () => number): number[] {
  const all = Array.from({ length: columns }, (_, column) => column);
  if (share >= 1) return all;
  return all.filter(() => random() < share);
}

/** Where the second derivative ends and the first begins, when both are packed into one number. */
const FIELD = 2 ** 26;

/** A node that could still be split: its rows, and the sums of each bin of each column. */
interface Open {
  readonly node: number;
  readonly from: number;
  readonly to: number;
  readonly histogram: Float64Array;
  readonly gradient: number;
  readonly hessian: number;
  gain: number;
  column: number;
  bin: number;
}

/** Grows one tree after the other over the same binned rows, the leaf that gains most first. */
class TreeGrower {
  readonly #binned: BinnedRows;
  readonly #gradients: Float64Array;
  readonly #hessians: Float64Array;
  readonly #options: GrowOptions;
  readonly #spare: Float64Array[] = [];
  readonly #aside: Int32Array;
  /** Both derivatives of each row in one number, and those of a node's rows side by side. */
  readonly #packed: Float64Array;
  readonly #gathered: Float64Array;
  readonly #quad = new Float64Array(4 * BINS);
  #gradientScale = 1;
  #hessianScale = 1;

  constructor(binned: BinnedRows, gradients: Float64Array, hessians: Float64Array, options: GrowOptions) {
    this.#binned = binned;
    this.#gradients = gradients;
    this.#hessians = hessians;
    this.#options = options;
    this.#aside = new Int32Array(binned.rows);
    this.#packed = new Float64Array(binned.rows);
    this.#gathered = new Float64Array(binned.rows);
  }

  /** Adds a tree to `nodes` and what it says of every row to `scores`. */
  grow(rows: Int32Array, columns: readonly number[], nodes: Nodes, scores: Float64Array): void {
    this.#pack(rows);
    const root = nodes.plant();
    const open = [this.#open(root, rows, 0, rows.length, this.#summed(rows, 0, rows.length, columns), columns)];
    for (let leaves = 1; leaves < this.#options.leaves; leaves++) {
      const best = open.reduce((a, b) => (b.gain > a.gain ? b : a));
      if (best.gain <= 0) break;
      open.splice(open.indexOf(best), 1, ...this.#split(best, rows, columns, nodes));
    }
    for (const leaf of open) {
      nodes.settle(leaf.node, (-leaf.gradient / (leaf.hessian + this.#options.l2)) * this.#options.learningRate);
      this.#spare.push(leaf.histogram);
    }
    nodes.addTo(scores, root, this.#binned);
  }

  /**
   * A sum of whole numbers below 2^53 is exact, so one addition does for both derivatives: the second one in the low
   * bits, the first above them, each as fine as the sum over all rows leaves room for.
   */
  #pack(rows: Int32Array): void {
    let gradients = 0;
    let hessians = 0;
    for (const row of rows) {
      gradients += abs(this.#gradients[row]!);
      hessians += this.#hessians[row]!;
    }
    // Rounding may add half a unit for each row.
    this.#gradientScale = (FIELD / 2 - rows.length) / (gradients + 1e-9);
    this.#hessianScale = (FIELD - 1 - rows.length) / (hessians + 1e-9);
    for (const row of rows) {
      const high = round(this.#gradients[row]! * this.#gradientScale);
      this.#packed[row] = high * FIELD + round(this.#hessians[row]! * this.#hessianScale);
    }
  }

  #split(parent: Open, rows: Int32Array, columns: readonly number[], nodes: Nodes): [Open, Open] {
    const middle = this.#partition(parent, rows);
    const left = nodes.split(parent.node, parent.column, parent.bin, this.#binned.edges[parent.column]![parent.bin]!);
    const leftIsSmaller = middle - parent.from < parent.to - middle;
    const [from, to] = leftIsSmaller ? [parent.from, middle] : [middle, parent.to];
    const smaller = this.#summed(rows, from, to, columns);
    const larger = parent.histogram;
    for (const column of columns) subtract(larger, smaller, column * BINS, (column + 1) * BINS);
    const [leftSums, rightSums] = leftIsSmaller ? [smaller, larger] : [larger, smaller];
    return [
      this.#open(left, rows, parent.from, middle, leftSums, columns),
      this.#open(left + 1, rows, middle, parent.to, rightSums, columns),
    ];
  }

  /** Moves the rows that go left before those that go right, both in their order. */
  #partition({ from, to, column, bin }: Open, rows: Int32Array): number {
    const { bins } = this.#binned;
    const aside = this.#aside;
    const start = column * this.#binned.rows;
    let left = from;
    let right = 0;
    for (let at = from; at < to; at++) {
      const row = rows[at]!;
      const goesLeft = bins[start + row]! <= bin ? 1 : 0;
      // Both are written, without a branch to guess wrong.
      rows[left] = row;
      aside[right] = row;
      left += goesLeft;
      right += 1 - goesLeft;
    }
    rows.set(this.#aside.subarray(0, right), left);
    return left;
  }

  #summed(rows: Int32Array, from: number, to: number, columns: readonly number[]): Float64Array {
    const histogram = this.#spare.pop() ?? new Float64Array(this.#binned.columns * BINS);
    const { bins, rows: height } = this.#binned;
    const count = to - from;
    const packed = this.#gathered;
    for (let at = 0; at < count; at++) packed[at] = this.#packed[rows[from + at]!]!;
    const local = rows.subarray(from, to);
    for (let at = 0; at < columns.length; at += 4) {
      const four = [0, 1, 2, 3].map((next) => columns[min(at + next, columns.length - 1)]!);
      const [a, b, c, d] = four.map((column) => bins.subarray(column * height, (column + 1) * height));
      this.#quad.fill(0);
      addUp(this.#quad, local, packed, a!, b!, c!, d!);
      four.forEach((column, lane) => {
        for (let bin = 0; bin < BINS; bin++) histogram[column * BINS + bin] = this.#quad[lane * BINS + bin]!;
      });
    }
    return histogram;
  }

  /** Finds where a node would best be split. */
  #open(
    node: number,
    rows: Int32Array,
    from: number,
    to: number,
    histogram: Float64Array,
    columns: readonly number[],
  ): Open {
    let gradient = 0;
    let hessian = 0;
    for (let at = from; at < to; at++) {
      gradient += this.#gradients[rows[at]!]!;
      hessian += this.#hessians[rows[at]!]!;
    }
    const open: Open = { node, from, to, histogram, gradient, hessian, gain: 0, column: 0, bin: 0 };
    const { l2, leafHessianMin } = this.#options;
    if (hessian < 2 * leafHessianMin) return open; // no room for two leaves
    const whole = (gradient * gradient) / (hessian + l2);
    for (const column of columns) {
      let leftGradient = 0;
      let leftHessian = 0;
      const last = this.#binned.edges[column]!.length;
      for (let bin = 0; bin < last; bin++) {
        const sum = histogram[column * BINS + bin]!;
        if (sum === 0) continue; // no row in this bin: the same two sides as before it
        const high = floor(sum / FIELD);
        leftGradient += high / this.#gradientScale;
        leftHessian += (sum - high * FIELD) / this.#hessianScale;
        const rightHessian = hessian - leftHessian;
        if (leftHessian < leafHessianMin) continue;
        if (rightHessian < leafHessianMin) break;
        const rightGradient = gradient - leftGradient;
        const gain = leftGradient ** 2 / (leftHessian + l2) + rightGradient ** 2 / (rightHessian + l2) - whole;
        if (gain > open.gain) {
          open.gain = gain;
          open.column = column;
          open.bin = bin;
        }
      }
    }
    return open;
  }
}

/** Adds up four columns at once: sums of one column wait for each other, those of four do not. */
function addUp(
  sums: Float64Array,
  rows: Int32Array,
  packed: Float64Array,
  a: Uint8Array,
  b: Uint8Array,
  c: Uint8Array,
  d: Uint8Array,
): void {
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const value = packed[at]!;
    sums[a[row]!]! += value;
    sums[BINS + b[row]!]! += value;
    sums[2 * BINS + c[row]!]! += value;
    sums[3 * BINS + d[row]!]! += value;
  }
}

function subtract(from: Float64Array, what: Float64Array, start: number, end: number): void {
  for (let at = start; at < end; at++) from[at]! -= what[at]!;
}

/** The nodes of the forest while it grows. */
class Nodes {
  readonly #roots: number[] = [];
  readonly #columns: number[] = [];
  readonly #bins: number[] = [];
  readonly #values: number[] = [];
  readonly #lefts: number[] = [];
  readonly gains = new Map<number, number>();

  plant(): number {
    this.#roots.push(this.#columns.length);
    return this.#leaf();
  }

  /** Makes a leaf ask; returns its left child. */
  split(node: number, column: number, bin: number, threshold: number): number {
    const left = this.#leaf();
    this.#leaf();
    this.#columns[node] = column;
    this.#bins[node] = bin;
    this.#values[node] = threshold;
    this.#lefts[node] = left;
    return left;
  }

  settle(node: number, value: number): void {
    this.#values[node] = value;
  }

  addTo(scores: Float64Array, root: number, { bins, rows }: BinnedRows): void {
    for (let row = 0; row < rows; row++) {
      let node = root;
      let column = this.#columns[node]!;
      while (column !== LEAF) {
        node = this.#lefts[node]! + (bins[column * rows + row]! <= this.#bins[node]! ? 0 : 1);
        column = this.#columns[node]!;
      }
      scores[row]! += this.#values[node]!;
    }
  }

  finish(): ForestNodes {
    return {
      roots: Int32Array.from(this.#roots),
      columns: Int16Array.from(this.#columns),
      values: Float64Array.from(this.#values),
      lefts: Int32Array.from(this.#lefts),
    };
  }

  #leaf(): number {
    this.#bins.push(0);
    this.#values.push(0);
    this.#lefts.push(0);
    return this.#columns.push(LEAF) - 1;
  }
}

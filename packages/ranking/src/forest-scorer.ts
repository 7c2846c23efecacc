import { type ForestNodes, LEAF } from "./forest.js";
import { LEAVES_MAX, memoryOf, NODE_BYTES, quickScorer } from "./quick-scorer.js";

/** Rows scored together: the lanes of a SIMD register of float32. */
const LANES = 4;

/**
 * A forest laid out for QuickScorer (Lucchese et al., SIGIR 2015), four rows at a time in WebAssembly SIMD. The thresholds of all trees
 * stand by column in ascending order and are walked while any of the four values lies above them; each node that is passed clears the
 * leaves on its left from its tree's bits; the lowest bit that remains is the row's leaf. Rows are float32, as those a forest is grown from.
 */
export class ForestScorer {
  readonly #width: number;
  readonly #values: Float32Array;
  readonly #sums: Float64Array;
  readonly #run: () => void;

  /** Undefined where a tree has more than 32 leaves or SIMD is missing; then the trees are walked. */
  static of(forest: ForestNodes, width: number): ForestScorer | undefined {
    if (quickScorer === undefined) return undefined;
    const layout = layOut(forest, width);
    return layout && new ForestScorer(layout, quickScorer);
  }

  private constructor({ width, trees, leaves, columns }: Layout, score: NonNullable<typeof quickScorer>) {
    this.#width = width;
    const nodeCount = columns.reduce((sum, column) => sum + column.length, 0);
    const region = regions();
    const at = {
      columns: region(4 * (width + 1)),
      nodes: region(NODE_BYTES * nodeCount),
      leaves: region(leaves.byteLength),
      bits: region(4 * LANES * trees),
      values: region(4 * LANES * width),
      sums: region(8 * LANES),
    };
    const memory = memoryOf(region(0));
    new Float64Array(memory.buffer, at.leaves, leaves.length).set(leaves);
    writeNodes(new DataView(memory.buffer), columns, at);
    this.#values = new Float32Array(memory.buffer, at.values, LANES * width);
    this.#sums = new Float64Array(memory.buffer, at.sums, LANES);
    const run = score(memory);
    this.#run = () => run(width, at.columns, at.values, at.bits, trees, at.leaves, at.sums);
  }

  /** Writes the sum of the trees for each row of a matrix. */
  score(rows: ArrayLike<number>, scores: Float64Array): void {
    for (let from = 0; from < scores.length; from += LANES) {
      const lanes = Math.min(LANES, scores.length - from);
      for (let lane = 0; lane < LANES; lane++) this.#fillLane(lane, rows, from + Math.min(lane, lanes - 1));
      this.#run();
      for (let lane = 0; lane < lanes; lane++) scores[from + lane] = this.#sums[lane]!;
    }
  }

  #fillLane(lane: number, rows: ArrayLike<number>, row: number): void {
    const start = row * this.#width;
    for (let column = 0; column < this.#width; column++) this.#values[column * LANES + lane] = rows[start + column]!;
  }
}

interface SplitNode {
  readonly threshold: number;
  /** Bits of the leaves on the left. */
  readonly left: number;
  readonly tree: number;
}

interface Layout {
  readonly width: number;
  readonly trees: number;
  readonly leaves: Float64Array;
  readonly columns: readonly SplitNode[][];
}

/** Hands out 16-byte aligned regions of one memory, one after the other. */
function regions(): (bytes: number) => number {
  let end = 16;
  return (bytes) => {
    const start = end;
    end = (end + bytes + 15) & ~15;
    return start;
  };
}

/** Numbers the leaves of each tree from left to right and sorts its nodes by column and threshold. */
function layOut({ roots, columns, values, lefts }: ForestNodes, width: number): Layout | undefined {
  const trees = roots.length;
  const leaves = new Float64Array(trees * LEAVES_MAX);
  const byColumn: SplitNode[][] = Array.from({ length: width }, () => []);
  for (const [tree, root] of roots.entries()) {
    let leaf = 0;
    const visit = (node: number): number => {
      const column = columns[node]!;
      if (column === LEAF) {
        if (leaf < LEAVES_MAX) leaves[tree * LEAVES_MAX + leaf] = values[node]!;
        return 1 << leaf++;
      }
      const left = visit(lefts[node]!);
      const right = visit(lefts[node]! + 1);
      byColumn[column]!.push({ threshold: floor32(values[node]!), left: left >>> 0, tree });
      return left | right;
    };
    visit(root);
    if (leaf > LEAVES_MAX) return undefined;
  }
  for (const nodes of byColumn) nodes.sort((one, other) => one.threshold - other.threshold);
  return { width, trees, leaves, columns: byColumn };
}

/** One record a node, and for each column where its nodes begin; one more entry ends the last column. */
function writeNodes(
  view: DataView,
  columns: readonly SplitNode[][],
  at: { readonly columns: number; readonly nodes: number; readonly bits: number },
): void {
  let node = at.nodes;
  for (const [index, nodes] of columns.entries()) {
    view.setInt32(at.columns + 4 * index, node, true);
    for (const { threshold, left, tree } of nodes) {
      view.setFloat32(node, threshold, true);
      view.setUint32(node + 4, left, true);
      view.setInt32(node + 8, at.bits + 4 * LANES * tree, true);
      node += NODE_BYTES;
    }
  }
  view.setInt32(at.columns + 4 * columns.length, node, true);
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The greatest float32 that is not above `value`: another float32 lies above the one exactly when it lies above the other. */
function floor32(value: number): number {
  float[0] = value;
  if (float[0] <= value) return float[0];
  if (float[0] === 0) return -(2 ** -149);
  bits[0]! += float[0] > 0 ? -1 : 1;
  return float[0];
}

/** Regression trees in flat arrays: node n sends a row left when its column is at most the threshold; leaves have no column. */
export interface ForestNodes {
  /** Where each tree begins. */
  readonly roots: Int32Array;
  /** The column a node asks for; LEAF in a leaf. */
  readonly columns: Int16Array;
  /** The threshold of a node, or the value of a leaf. */
  readonly values: Float64Array;
  /** The left child; the right one follows it. */
  readonly lefts: Int32Array;
}

export const LEAF = -1;

/** Adds what the trees say of each row of a matrix to its score: tree after tree, so that each stays at hand for all rows. */
export function addPredictions(
  { roots, columns, values, lefts }: ForestNodes,
  matrix: Float32Array,
  width: number,
  scores: Float64Array,
): void {
  for (let tree = 0; tree < roots.length; tree++) {
    const root = roots[tree]!;
    for (let row = 0; row < scores.length; row++) {
      const start = row * width;
      let node = root;
      let column = columns[node]!;
      while (column !== LEAF) {
        node = lefts[node]! + (matrix[start + column]! <= values[node]! ? 0 : 1);
        column = columns[node]!;
      }
      scores[row]! += values[node]!;
    }
  }
}

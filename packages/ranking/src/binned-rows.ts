/** The most bins of a column: what fits a byte with room to spare. */
export const BINS = 64;

/** Rows of a training set with every value replaced by its bin, column by column. */
export interface BinnedRows {
  readonly rows: number;
  readonly columns: number;
  /** Column-major. */
  readonly bins: Uint8Array;
  /** For each column the highest value of each bin but the last. */
  readonly edges: readonly Float64Array[];
}

/** How many rows are looked at to place the edges. */
const SAMPLE = 20_000;

/** Bins each column by quantiles of a regular sample of its rows. */
export function binRows(matrix: Float32Array, columns: number): BinnedRows {
  const rows = matrix.length / columns;
  const bins = new Uint8Array(rows * columns);
  const edges: Float64Array[] = [];
  const step = Math.max(1, Math.floor(rows / SAMPLE));
  for (let column = 0; column < columns; column++) {
    const sample: number[] = [];
    for (let row = 0; row < rows; row += step) sample.push(matrix[row * columns + column]!);
    const cuts = quantiles(Float64Array.from(sample).sort());
    edges.push(cuts);
    for (let row = 0; row < rows; row++) bins[column * rows + row] = binOf(matrix[row * columns + column]!, cuts);
  }
  return { rows, columns, bins, edges };
}

function quantiles(sorted: Float64Array): Float64Array {
  const cuts: number[] = [];
  for (let bin = 1; bin < BINS; bin++) {
    const at = Math.floor((bin * sorted.length) / BINS);
    const [below, above] = [sorted[Math.max(0, at - 1)]!, sorted[at]!];
    const cut = (below + above) / 2;
    if (cut > (cuts.at(-1) ?? Number.NEGATIVE_INFINITY) && cut < sorted.at(-1)!) cuts.push(cut);
  }
  return Float64Array.from(cuts);
}

function binOf(value: number, cuts: Float64Array): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value > cuts[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}

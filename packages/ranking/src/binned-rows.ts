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

/** Rows sampled to place the edges. */
const SAMPLE = 10_000;

/** Rows that are binned together, so that what is read and what is written both stay at hand. */
const BLOCK = 256;

/** Bins each column by quantiles of a regular sample of its rows. */
export function binRows(matrix: Float32Array, columns: number): BinnedRows {
  const rows = matrix.length / columns;
  const bins = new Uint8Array(rows * columns);
  const edges = Array.from({ length: columns }, (_, column) =>
    quantiles(sampled(matrix, rows, columns, column).sort()),
  );
  const padded = edges.map(withPadding);
  for (let first = 0; first < rows; first += BLOCK) {
    const last = Math.min(rows, first + BLOCK);
    for (let column = 0; column < columns; column++) {
      const cuts = padded[column]!;
      const to = column * rows;
      for (let row = first; row < last; row++) bins[to + row] = binOf(matrix[row * columns + column]!, cuts);
    }
  }
  return { rows, columns, bins, edges };
}

function sampled(matrix: Float32Array, rows: number, columns: number, column: number): Float64Array {
  const step = Math.max(1, Math.floor(rows / SAMPLE));
  const sample = new Float64Array(Math.ceil(rows / step));
  for (let at = 0; at < sample.length; at++) sample[at] = matrix[at * step * columns + column]!;
  return sample;
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

/** As many cuts as a binary search of six steps looks at. */
function withPadding(cuts: Float64Array): Float64Array {
  const padded = new Float64Array(BINS).fill(Number.POSITIVE_INFINITY);
  padded.set(cuts);
  return padded;
}

/** Number of cuts below a value, without branches to mispredict. */
function binOf(value: number, cuts: Float64Array): number {
  let low = 0;
  for (let step = BINS / 2; step > 0; step >>= 1) low += value > cuts[low + step - 1]! ? step : 0;
  return low;
}

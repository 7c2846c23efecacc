import { AS_THEY_ARE, CIRCUMSTANCES, COLUMNS, MEASURES, measuresAt, POOL_COLUMNS, RANKED } from "./feature-names.js";
import type { Layout } from "./layout.js";
import { type List, surfaceOf } from "./list.js";
import type { ReaderProfile } from "./reader-model.js";

/** By name: where each module has a global object of its own, as in the tests, asking that for Math takes longer than the sum. */
const { log, log1p, max, sqrt } = Math;

const [EXPOSURES_HERE, DEPTH_HERE, PLACE_PRIOR, PLACE_PRIOR_BY_DEPTH, HABIT, SHOWN, IN_LAST_LIST] = measuresAt([
  "exposures here 40 min",
  "depth here 40 min",
  "place prior",
  "place prior by depth",
  "habit",
  "shown to reader",
  "shown in reader's last list",
]) as [number, number, number, number, number, number, number];
const AS_THEY_ARE_AT = measuresAt(AS_THEY_ARE);
const RANKED_AT = measuresAt(RANKED);
const POOL_AT = measuresAt(POOL_COLUMNS.filter((name) => (MEASURES as readonly string[]).includes(name)));
const POOL_CIRCUMSTANCES_AT = POOL_COLUMNS.slice(POOL_AT.length).map((name) =>
  (CIRCUMSTANCES as readonly string[]).indexOf(name),
);
const Z_FROM = AS_THEY_ARE.length;
const RANKS_FROM = Z_FROM + MEASURES.length;
const CIRCUMSTANCES_FROM = RANKS_FROM + RANKED.length;
const M = MEASURES.length;
const W = COLUMNS.length;
const MONTH_MINUTES = 30 * 24 * 60;
/** Clicks of a reader that its habit is trusted half with. */
const HABIT_TRUST = 10;

/** Mean of clicked candidates, in z-scores of each measure. */
export type Habit = Float64Array;

/** Turns measures into the rows that models score, reusing one matrix for lists and one for pools. */
export class Rows {
  /** The places of the last list's candidates by how often they were exposed here, 0 the most. */
  places = new Float64Array(64);
  #list = new Float64Array(64 * W);
  #pool = new Float64Array(64 * POOL_COLUMNS.length);
  #sorted = new Float64Array(64);
  readonly #circumstances = new Float64Array(CIRCUMSTANCES.length);
  readonly #layout: Layout;
  readonly #habit: Habit;
  readonly #withoutMeasures: readonly number[];
  readonly #withoutCircumstances: readonly number[];

  /** @param without Measures and circumstances that are left at zero. */
  constructor(layout: Layout, habit: Habit, without: readonly string[] = []) {
    this.#layout = layout;
    this.#habit = habit;
    this.#withoutMeasures = placesIn(MEASURES, without);
    this.#withoutCircumstances = placesIn(CIRCUMSTANCES, without);
  }

  /** The rows of the last list. */
  get listMatrix(): Float64Array {
    return this.#list;
  }

  /** One row of COLUMNS for each candidate; completes the measures that depend on the whole list. */
  ofList(measures: Float64Array, count: number, list: List, reader: ReaderProfile): Float64Array {
    if (count * W > this.#list.length) this.#list = new Float64Array(count * 2 * W);
    if (count > this.#sorted.length) {
      this.#sorted = new Float64Array(count * 2);
      this.places = new Float64Array(count * 2);
    }
    const rows = this.#list;
    this.#placePriors(measures, count, surfaceOf(list));
    this.#leaveOut(measures, count);
    for (let measure = 0; measure < M; measure++) if (measure !== HABIT) this.#standardise(measures, count, measure);
    this.#measureHabit(measures, count, reader);
    this.#standardise(measures, count, HABIT);
    for (let row = 0; row < count; row++) {
      for (let at = 0; at < Z_FROM; at++) rows[row * W + at] = measures[row * M + AS_THEY_ARE_AT[at]!]!;
    }
    for (let at = 0; at < RANKED_AT.length; at++) {
      this.#rank(measures, count, RANKED_AT[at]!, -1, (row, place) => {
        rows[row * W + RANKS_FROM + at] = (place + 0.5) / count;
      });
    }
    this.#fillCircumstances(measures, count, list, reader);
    for (let row = 0; row < count; row++) rows.set(this.#circumstances, row * W + CIRCUMSTANCES_FROM);
    return rows;
  }

  /** One row of POOL_COLUMNS for each candidate. */
  ofPool(measures: Float64Array, count: number, list: List, reader: ReaderProfile): Float64Array {
    const width = POOL_COLUMNS.length;
    if (count * width > this.#pool.length) this.#pool = new Float64Array(count * 2 * width);
    const rows = this.#pool;
    this.#leaveOut(measures, count);
    this.#fillCircumstances(measures, count, list, reader);
    for (let row = 0; row < count; row++) {
      const start = row * width;
      for (let at = 0; at < POOL_AT.length; at++) rows[start + at] = measures[row * M + POOL_AT[at]!]!;
      for (let at = 0; at < POOL_CIRCUMSTANCES_AT.length; at++)
        rows[start + POOL_AT.length + at] = this.#circumstances[POOL_CIRCUMSTANCES_AT[at]!]!;
    }
    return rows;
  }

  /** The z-score of a measure in a row of a list. */
  static z(rows: ArrayLike<number>, row: number, measure: number): number {
    return rows[row * W + Z_FROM + measure]!;
  }

  /** Where each candidate stands among the others, and what that is worth. */
  #placePriors(measures: Float64Array, count: number, surface: number): void {
    this.#rank(measures, count, EXPOSURES_HERE, -1, (row, place) => {
      this.places[row] = place;
      measures[row * M + PLACE_PRIOR] = this.#layout.prior(surface, count, place);
    });
    this.#rank(measures, count, DEPTH_HERE, 1, (row, place) => {
      measures[row * M + PLACE_PRIOR_BY_DEPTH] = this.#layout.prior(surface, count, place);
    });
  }

  #measureHabit(measures: Float64Array, count: number, reader: ReaderProfile): void {
    const trust = reader.clicks / (reader.clicks + HABIT_TRUST);
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let measure = 0; measure < HABIT; measure++) {
        sum += (reader.habit[measure]! - this.#habit[measure]!) * Rows.z(this.#list, row, measure);
      }
      measures[row * M + HABIT] = sum * trust;
    }
  }

  #standardise(measures: Float64Array, count: number, measure: number): void {
    let sum = 0;
    let squares = 0;
    for (let row = 0; row < count; row++) {
      const value = measures[row * M + measure]!;
      sum += value;
      squares += value * value;
    }
    const mean = sum / count;
    const deviation = sqrt(max(0, squares / count - mean * mean));
    const scale = deviation > 1e-6 ? 1 / deviation : 0;
    for (let row = 0; row < count; row++) {
      this.#list[row * W + Z_FROM + measure] = (measures[row * M + measure]! - mean) * scale;
    }
  }

  /** Calls `place` with each row and its place by a measure, ascending with sign 1; ties share the middle of their places. */
  #rank(
    measures: Float64Array,
    count: number,
    measure: number,
    sign: 1 | -1,
    place: (row: number, place: number) => void,
  ) {
    const sorted = this.#sorted.subarray(0, count);
    for (let row = 0; row < count; row++) sorted[row] = sign * measures[row * M + measure]!;
    if (count > 32) sorted.sort();
    else insertionSort(sorted, count);
    for (let row = 0; row < count; row++) {
      const value = sign * measures[row * M + measure]!;
      const first = lowerBound(sorted, value);
      let end = first + 1;
      while (end < count && sorted[end] === value) end++;
      place(row, (first + end - 1) / 2);
    }
  }

  #fillCircumstances(measures: Float64Array, count: number, list: List, reader: ReaderProfile): void {
    const silence = (list.atMs - reader.lastListMs) / 60_000;
    this.#circumstances.set([
      log(count),
      list.current === undefined ? 1 : 0,
      list.device ?? 0,
      list.subscriber ? 1 : 0,
      log1p(reader.lists),
      log1p(reader.sessionLists),
      log1p(Number.isNaN(silence) ? MONTH_MINUTES : max(0, silence)),
      log1p(reader.reads.count),
      share(measures, count, SHOWN),
      share(measures, count, IN_LAST_LIST),
      surfaceOf(list),
    ]);
    for (const at of this.#withoutCircumstances) this.#circumstances[at] = 0;
  }

  #leaveOut(measures: Float64Array, count: number): void {
    for (const measure of this.#withoutMeasures) for (let row = 0; row < count; row++) measures[row * M + measure] = 0;
  }
}

function placesIn(all: readonly string[], names: readonly string[]): number[] {
  return all.flatMap((name, at) => (names.includes(name) ? [at] : []));
}

/** Sorts a few values without the cost of a call into the runtime's sort. */
function insertionSort(values: Float64Array, count: number): void {
  for (let at = 1; at < count; at++) {
    const value = values[at]!;
    let place = at - 1;
    for (; place >= 0 && values[place]! > value; place--) values[place + 1] = values[place]!;
    values[place + 1] = value;
  }
}

/** In which share of the rows a measure is above zero. */
function share(measures: Float64Array, count: number, measure: number): number {
  let above = 0;
  for (let row = 0; row < count; row++) if (measures[row * M + measure]! > 0) above++;
  return above / count;
}

function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

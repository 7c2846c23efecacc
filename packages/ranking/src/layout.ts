import { DecayedTable } from "./decayed-table.js";

/** By name: where each module has a global object of its own, as in the tests, asking that for Math takes longer than the sum. */
const { floor, log, log2, max, min } = Math;

const MINUTE_MS = 60_000;
/** The half-lives in which the layout of a page is remembered: it changes from minute to minute. */
export const LAYOUT_HALF_LIVES_MS = [10 * MINUTE_MS, 40 * MINUTE_MS, 180 * MINUTE_MS] as const;

/** Pages that are laid out apart: the home page and the others, on odd and on even devices. */
export const SURFACES = 4;

const EXPOSURES = 0;
const LENGTHS = 1;
const PLACES = 2;
const KINDS = 3;

const PLACE_BINS = 12;
const LENGTH_BINS = 10;
/** A list of the past counts for this much less with each that comes. */
const FADE = 0.9995;

/** Position effects learnt from lists: places of articles, and places of clicks. */
export class Layout {
  readonly counts = new DecayedTable(KINDS * SURFACES, LAYOUT_HALF_LIVES_MS);
  readonly shown = new Float64Array(SURFACES * LENGTH_BINS * PLACE_BINS);
  readonly clicked = new Float64Array(SURFACES * LENGTH_BINS * PLACE_BINS);

  exposures(slot: number, surface: number, window: number): number {
    return this.counts.value(slot, surface * KINDS + EXPOSURES, window);
  }

  /** The mean length of the lists an article was in: articles low on a page are in long lists only. */
  depth(slot: number, surface: number, window: number, unknown: number): number {
    const lengths = this.counts.value(slot, surface * KINDS + LENGTHS, window);
    return (lengths + unknown) / (this.exposures(slot, surface, window) + 1);
  }

  /** The mean place of an article among what was shown with it, the most exposed first. */
  place(slot: number, surface: number, window: number, unknown: number): number {
    const places = this.counts.value(slot, surface * KINDS + PLACES, window);
    return (places + unknown) / (this.exposures(slot, surface, window) + 1);
  }

  /** Counts an article of a list in; call `counts.at` before. */
  expose(slot: number, surface: number, length: number, place: number): void {
    this.counts.add(slot, surface * KINDS + EXPOSURES, 1);
    this.counts.add(slot, surface * KINDS + LENGTHS, length);
    this.counts.add(slot, surface * KINDS + PLACES, place);
  }

  state() {
    return { counts: this.counts.state(), shown: this.shown, clicked: this.clicked };
  }

  restore({ counts, shown, clicked }: ReturnType<Layout["state"]>): void {
    this.counts.restore(counts);
    this.shown.set(shown);
    this.clicked.set(clicked);
  }

  clear(slot: number): void {
    this.counts.clear(slot);
  }

  /** Log ratio of clicks at a place of a list to clicks anywhere. */
  prior(surface: number, length: number, place: number): number {
    const cell = cellOf(surface, length, place);
    return log((this.clicked[cell]! * length + 4) / (this.shown[cell]! + 4));
  }

  /** Learns where in a list was clicked. */
  learn(surface: number, length: number, clickedPlaces: readonly number[]): void {
    for (let place = 0; place < length; place++) {
      const cell = cellOf(surface, length, place);
      this.shown[cell] = this.shown[cell]! * FADE + 1;
      this.clicked[cell] = this.clicked[cell]! * FADE + (clickedPlaces.includes(place) ? 1 / clickedPlaces.length : 0);
    }
  }
}

function cellOf(surface: number, length: number, place: number): number {
  const lengthBin = max(0, min(LENGTH_BINS - 1, floor(2.5 * log2(length / 4))));
  const placeBin = min(PLACE_BINS - 1, floor(((place + 0.5) / length) * PLACE_BINS));
  return (surface * LENGTH_BINS + lengthBin) * PLACE_BINS + placeBin;
}

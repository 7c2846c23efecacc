import type { LandedEvent } from "@headline/newsroom/events";
import { FEEDBACK } from "../readers/feedback.js";

/**
 * Ordinals, from 1, of the guests of one network that count for everybody when they do the same with one article on one day: a
 * person can be any number of guests, so sixty of them weigh two, a thousand four.
 */
export const COUNTED: readonly number[] = [1, 8, 64, 512];

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Limit of counts kept; beyond it the oldest are dropped. */
const KEYS_MAX = 50_000;
/** Counts in a part of a snapshot. */
const KEYS_PER_PART = 2_000;

interface State {
  readonly day: number;
  readonly times: readonly (readonly [string, number])[];
}

/** Weighs events of guests by what others of their network did before; by the log alone, so that a replay does the same. */
export class GuestNetworks {
  #day = 0;
  #times = new Map<string, number>();

  /** Whether this event counts for everybody; call it once for each, in order. */
  counts({ kind, userId, articleId, network, landedAtMs }: LandedEvent): boolean {
    if (userId >= 0n || network === undefined) return true;
    const { ofGuest } = FEEDBACK[kind];
    if (ofGuest !== "by network") return ofGuest === "everybody";
    this.#turnTo(Math.floor(landedAtMs / DAY_MS));
    const key = `${network} ${articleId} ${kind}`;
    const times = (this.#times.get(key) ?? 0) + 1;
    this.#times.set(key, times);
    if (this.#times.size > KEYS_MAX) this.#times.delete(this.#times.keys().next().value as string);
    return COUNTED.includes(times);
  }

  /** JSON of its state for a snapshot, in parts of a few milliseconds each; none while there is nothing to keep. */
  *snapshotParts(): Generator<Uint8Array> {
    if (this.#times.size === 0) return;
    let text = `{"day":${this.#day},"times":[`;
    let count = 0;
    for (const entry of this.#times) {
      text += `${count === 0 ? "" : ","}${JSON.stringify(entry)}`;
      count += 1;
      if (count % KEYS_PER_PART !== 0) continue;
      yield Buffer.from(text);
      text = "";
    }
    yield Buffer.from(`${text}]}`);
  }

  restore(bytes: Uint8Array | undefined): void {
    const { day, times }: State = bytes ? JSON.parse(Buffer.from(bytes).toString()) : { day: 0, times: [] };
    this.#day = day;
    this.#times = new Map(times);
  }

  #turnTo(day: number): void {
    if (day <= this.#day) return;
    this.#day = day;
    this.#times.clear();
  }
}

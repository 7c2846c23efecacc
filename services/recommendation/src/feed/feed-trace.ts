import type { Candidate } from "./candidate.js";
import type { OnParts, ScoreParts } from "./learned-ranking.js";

/** One candidate of a page with its sources, score and place. */
export interface ExplainedCandidate {
  readonly slot: number;
  /** Every recall that named it, in order of precedence; none for what a filter dropped. */
  readonly sources: readonly string[];
  /** Parts of its score, where the ranking has any. */
  readonly parts: ScoreParts;
  readonly score: number | undefined;
  /** Its place on the page, from 0; undefined when it is not there. */
  readonly position: number | undefined;
  /** The filter or stage that dropped it. */
  readonly droppedBy: string | undefined;
}

/** So many dropped articles are listed: walks pass by thousands. */
const DROPPED_MAX = 200;

/** Records the stages of a feed while it is made. */
export class FeedTrace {
  readonly #sources = new Map<number, string[]>();
  readonly #dropped = new Map<number, string>();
  readonly #parts = new Map<number, Record<string, number>>();
  #ranked: readonly Candidate[] = [];

  readonly onParts: OnParts = (slot, parts) => {
    this.#parts.set(slot, { ...this.#parts.get(slot), ...parts });
  };

  recalled(slot: number, source: string): void {
    const sources = this.#sources.get(slot);
    if (sources === undefined) this.#sources.set(slot, [source]);
    else sources.push(source);
  }

  dropped(slot: number, filter: string): void {
    if (this.#dropped.size < DROPPED_MAX && !this.#dropped.has(slot)) this.#dropped.set(slot, filter);
  }

  ranked(candidates: readonly Candidate[]): void {
    this.#ranked = candidates;
  }

  /** The page first, then the other candidates by score, then what filters dropped. */
  explained(page: readonly Candidate[]): ExplainedCandidate[] {
    const positions = new Map(page.map(({ slot }, position) => [slot, position]));
    const explained = (slot: number, score: number | undefined, droppedBy: string | undefined) => ({
      slot,
      sources: this.#sources.get(slot) ?? [],
      parts: this.#parts.get(slot) ?? {},
      score,
      position: positions.get(slot),
      droppedBy: positions.has(slot) ? undefined : droppedBy,
    });
    const others = this.#ranked.filter(({ slot }) => !positions.has(slot));
    const filtered = [...this.#dropped].filter(([slot]) => !this.#sources.has(slot));
    return [
      ...page.map(({ slot, score }) => explained(slot, score, undefined)),
      ...others.map(({ slot, score }) => explained(slot, score, "cut")),
      ...filtered.map(([slot, filter]) => explained(slot, undefined, filter)),
    ];
  }
}

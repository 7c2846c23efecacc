import type { Catalogue } from "../catalogue/catalogue.js";
import type { Promotions } from "../catalogue/promotions.js";
import { type Candidate, type Filter, REASONS, type Reader, type Recall } from "./candidate.js";
import { cut } from "./cut.js";
import { diversify } from "./diversify.js";
import { listed, notOwn, ofAge, unserved } from "./filters.js";
import { placePromoted } from "./place-promoted.js";
import { type Recalled, rank } from "./rank.js";
import { explore } from "./recall/explore.js";
import { followed } from "./recall/followed.js";
import { fresh } from "./recall/fresh.js";
import { hot } from "./recall/hot.js";
import { promoted } from "./recall/promoted.js";

/** Chooses up to `size` articles for a reader, the first to be shown first. Empty when nothing is left. */
export type Feed = (reader: Reader, size: number) => readonly Candidate[];

/** A recall, why what it names is recommended, and how many candidates it names for each place on the page. */
export interface PlannedRecall {
  readonly reason: keyof typeof REASONS;
  readonly recall: Recall;
  readonly perPlace: number;
}

interface Stages {
  readonly catalogue: Catalogue;
  /** In order of precedence: the first to name an article says why it is there. */
  readonly recalls: readonly PlannedRecall[];
  readonly filters: readonly Filter[];
  readonly onRecallFailure: (reason: string, error: unknown) => void;
}

/** recall (walking past what the filters drop) → merge → rank → diversify → cut, with the promoted one in its place. Recording is the caller's. */
export function createFeed({ catalogue, recalls, filters, onRecallFailure }: Stages): Feed {
  return (reader, size) => {
    const keep = (slot: number) => {
      for (const filter of filters) if (!filter(slot, reader, catalogue)) return false;
      return true;
    };
    const merged = new Map<number, Recalled>();
    for (const { reason, recall, perPlace } of recalls) {
      try {
        for (const slot of recall(reader, Math.ceil(size * perPlace), keep)) {
          if (!merged.has(slot)) merged.set(slot, { slot, reason: REASONS[reason] });
        }
      } catch (error) {
        onRecallFailure(reason, error); // costs the page its articles, never the page
      }
    }
    return placePromoted(diversify(rank([...merged.values()], reader, catalogue)), size, cut);
  };
}

const NO_PROMOTIONS = { on: () => [] };

/** What may be shown to a reader at all. */
export const FILTERS: readonly Filter[] = [unserved, listed, notOwn, ofAge];

/** The home feed of this service. A new recall or filter is a new file and one line here. */
export function homeFeed(
  catalogue: Catalogue,
  onRecallFailure: Stages["onRecallFailure"],
  promotions: Pick<Promotions, "on"> = NO_PROMOTIONS,
): Feed {
  return createFeed({
    catalogue,
    recalls: [
      { reason: "promoted", recall: promoted(catalogue, promotions), perPlace: 1 },
      { reason: "followed", recall: followed(catalogue), perPlace: 2 },
      { reason: "hot", recall: hot(catalogue), perPlace: 4 },
      { reason: "explore", recall: explore(catalogue), perPlace: 0.5 },
      { reason: "new", recall: fresh(catalogue), perPlace: 4 },
    ],
    filters: FILTERS,
    onRecallFailure,
  });
}

/** Named in x-feed-algo, and by its number in the bucket of track tokens. */
export const ALGO = { name: "hot-new-1", bucket: 1 } as const;

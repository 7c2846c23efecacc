import type { Catalogue } from "../catalogue/catalogue.js";
import type { Promotions } from "../catalogue/promotions.js";
import { type Candidate, type Filter, REASONS, type Reader, type Recall } from "./candidate.js";
import { cut } from "./cut.js";
import { diversify } from "./diversify.js";
import { type ExplainedCandidate, FeedTrace } from "./feed-trace.js";
import { listed, notOwn, ofAge, unaverse, unseen, unserved } from "./filters.js";
import type { OnParts } from "./learned-ranking.js";
import { placePromoted } from "./place-promoted.js";
import { type Recalled, rank } from "./rank.js";
import { explore } from "./recall/explore.js";
import { followed } from "./recall/followed.js";
import { fresh } from "./recall/fresh.js";
import { hot } from "./recall/hot.js";
import { promoted } from "./recall/promoted.js";

/** Chooses up to `size` articles for a reader, the first to be shown first. Empty when nothing is left. */
export interface Feed {
  (reader: Reader, size: number): readonly Candidate[];
  /** Does the same and says why: every candidate, and what was dropped on the way. */
  explain(reader: Reader, size: number): readonly ExplainedCandidate[];
}

/** A recall, why what it names is recommended, and how many candidates it names for each place on the page. */
export interface PlannedRecall {
  readonly reason: keyof typeof REASONS;
  readonly recall: Recall;
  readonly perPlace: number;
}

/** Puts what was recalled in order, the best first. */
export type Ranking = (recalled: readonly Recalled[], reader: Reader, onParts?: OnParts) => Candidate[];

interface Stages {
  readonly catalogue: Catalogue;
  /** In order of precedence: the first to name an article says why it is there. */
  readonly recalls: readonly PlannedRecall[];
  readonly filters: readonly Filter[];
  /** The rules alone when it is left out. */
  readonly rankingOf?: (reader: Reader) => Ranking;
  readonly onRecallFailure: (reason: string, error: unknown) => void;
}

/** recall (walking past what the filters drop) → merge → rank → diversify → cut, with the promoted one in its place. Recording is the caller's. */
export function createFeed({ catalogue, recalls, filters, rankingOf, onRecallFailure }: Stages): Feed {
  const byRules: Ranking = (recalled, reader) => rank(recalled, reader, catalogue);

  const choose = (reader: Reader, size: number, trace?: FeedTrace): readonly Candidate[] => {
    const keep = (slot: number) => {
      for (const filter of filters) {
        if (filter(slot, reader, catalogue)) continue;
        trace?.dropped(slot, filter.name);
        return false;
      }
      return true;
    };
    const merged = new Map<number, Recalled>();
    for (const { reason, recall, perPlace } of recalls) {
      try {
        for (const slot of recall(reader, Math.ceil(size * perPlace), keep)) {
          trace?.recalled(slot, reason);
          if (!merged.has(slot)) merged.set(slot, { slot, reason: REASONS[reason] });
        }
      } catch (error) {
        onRecallFailure(reason, error); // costs the page its articles, never the page
      }
    }
    const ranked = (rankingOf?.(reader) ?? byRules)([...merged.values()], reader, trace?.onParts);
    trace?.ranked(ranked);
    return placePromoted(diversify(ranked), size, cut);
  };

  const explain = (reader: Reader, size: number) => {
    const trace = new FeedTrace();
    const page = choose(reader, size, trace);
    return trace.explained(page);
  };
  return Object.assign((reader: Reader, size: number) => choose(reader, size), { explain });
}

const NO_PROMOTIONS = { on: () => [] };

/** What may be shown to a reader at all. */
export const FILTERS: readonly Filter[] = [unserved, unseen, listed, notOwn, unaverse, ofAge];

interface HomeFeedParts {
  readonly catalogue: Catalogue;
  readonly promotions?: Pick<Promotions, "on">;
  /** Recalls of what readers were seen to like, before those that need nothing known. */
  readonly learned?: readonly PlannedRecall[];
  readonly rankingOf?: (reader: Reader) => Ranking;
  /** Looks on at a recall, from outside. */
  readonly measured?: ((planned: PlannedRecall) => PlannedRecall) | undefined;
  readonly onRecallFailure: Stages["onRecallFailure"];
}

/** The home feed of this service. A new recall or filter is a new file and one line here. */
export function homeFeed({
  catalogue,
  promotions = NO_PROMOTIONS,
  learned = [],
  measured = (planned) => planned,
  ...stages
}: HomeFeedParts): Feed {
  const recalls: readonly PlannedRecall[] = [
    { reason: "promoted", recall: promoted(catalogue, promotions), perPlace: 1 },
    { reason: "followed", recall: followed(catalogue), perPlace: 2 },
    ...learned,
    { reason: "hot", recall: hot(catalogue), perPlace: 4 },
    { reason: "explore", recall: explore(catalogue), perPlace: 0.5 },
    { reason: "new", recall: fresh(catalogue), perPlace: 4 },
  ];
  return createFeed({
    ...stages,
    catalogue,
    recalls: recalls.map((planned) => measured(planned)),
    filters: FILTERS,
  });
}

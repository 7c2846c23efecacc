import type { Catalogue } from "../catalogue/catalogue.js";
import { type Candidate, type FeedReader, type Filter, type PlannedRecall, REASONS } from "./candidate.js";
import { cut } from "./cut.js";
import { diversify } from "./diversify.js";
import { type ExplainedCandidate, FeedTrace } from "./feed-trace.js";
import { listed, notBlocked, notOwn, ofAge, unseen, unserved } from "./filters.js";
import type { OnParts } from "./learned-ranking.js";
import { placePromoted } from "./place-promoted.js";
import { type Recalled, rank } from "./rank.js";
import { homeRecalls, type RecallSources } from "./recalls.js";

/** Chooses up to `size` articles for a reader, the first to be shown first. Empty when nothing is left. */
export interface Feed {
  (reader: FeedReader, size: number): readonly Candidate[];
  /** Returns every candidate of the same page, with its score, place or the stage that dropped it. */
  explain(reader: FeedReader, size: number): readonly ExplainedCandidate[];
}

/** Orders recalled articles, the best first. */
export type Ranking = (recalled: readonly Recalled[], reader: FeedReader, onParts?: OnParts) => Candidate[];

interface Stages {
  readonly catalogue: Catalogue;
  /** In order of precedence: the reason of an article is that of the first to name it. */
  readonly recalls: readonly PlannedRecall[];
  readonly filters: readonly Filter[];
  /** Ranking for a reader; the rules alone by default. */
  readonly rankingOf?: (reader: FeedReader) => Ranking;
  readonly onRecallFailure: (reason: string, error: unknown) => void;
}

/** recall past the filters → merge → rank → diversify → cut, with the promoted article in its place. Recording is the caller's. */
export function createFeed({ catalogue, recalls, filters, rankingOf, onRecallFailure }: Stages): Feed {
  const byRules: Ranking = (recalled, reader) => rank(recalled, reader, catalogue);

  const choose = (reader: FeedReader, size: number, trace?: FeedTrace): readonly Candidate[] => {
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

  const explain = (reader: FeedReader, size: number) => {
    const trace = new FeedTrace();
    const page = choose(reader, size, trace);
    return trace.explained(page);
  };
  return Object.assign((reader: FeedReader, size: number) => choose(reader, size), { explain });
}

/** Filters that every candidate passes. */
export const FILTERS: readonly Filter[] = [unserved, unseen, listed, notOwn, notBlocked, ofAge];

interface HomeFeedDeps {
  readonly sources: RecallSources;
  readonly rankingOf?: (reader: FeedReader) => Ranking;
  /** Wraps each recall to observe it. */
  readonly measured?: (planned: PlannedRecall) => PlannedRecall;
  readonly onRecallFailure: Stages["onRecallFailure"];
}

/** The home feed of this service. A new recall is a file and a line in recalls.ts, a new filter a function and a name in FILTERS. */
export function homeFeed({ sources, measured = (planned) => planned, ...stages }: HomeFeedDeps): Feed {
  const recalls = homeRecalls(sources).map((planned) => measured(planned));
  return createFeed({ ...stages, catalogue: sources.catalogue, recalls, filters: FILTERS });
}

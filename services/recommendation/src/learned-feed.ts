import type { Catalogue } from "./catalogue/catalogue.js";
import type { Promotions } from "./catalogue/promotions.js";
import type { TitleWords } from "./catalogue/title-words.js";
import type { PlannedRecall } from "./feed/candidate.js";
import { type Feed, homeFeed, type Ranking } from "./feed/feed.js";
import { learnedRanking } from "./feed/learned-ranking.js";
import { rank } from "./feed/rank.js";
import type { Learner } from "./learning/learner.js";
import type { Tastes } from "./learning/tastes.js";

interface Deps {
  readonly catalogue: Catalogue;
  readonly promotions: Pick<Promotions, "on">;
  readonly titleWords: Pick<TitleWords, "slotsOf">;
  readonly tastes: Pick<Tastes, "interests" | "visits" | "clicked">;
  readonly learner: Pick<Learner, "ranker" | "clicks">;
  /** Whether a reader's feed is ranked by what was learnt; by the rules alone otherwise. */
  readonly isLearned: (userId: bigint) => boolean;
  /** Wraps each recall to observe it. */
  readonly measured?: (planned: PlannedRecall) => PlannedRecall;
  readonly onRecallFailure: (recall: string, error: unknown) => void;
}

/** Clicks after which the ranker is fully trusted. */
const CLICKS_TO_TRUST = 1_000;

/** The home feed over what was learnt: the service answers with it, and the evaluation replays logs through it. */
export function learnedFeed({ tastes, learner, isLearned, promotions, titleWords, ...deps }: Deps): Feed {
  const { catalogue } = deps;
  const { interests, visits, clicked } = tastes;
  const learned = learnedRanking({
    catalogue,
    ranker: learner.ranker,
    trust: () => Math.min(1, learner.clicks / CLICKS_TO_TRUST),
    interests,
  });
  const byRules: Ranking = (recalled, reader) => rank(recalled, reader, catalogue);
  return homeFeed({
    ...deps,
    sources: { catalogue, promotions, interests, titleWords, visits, clicked },
    rankingOf: ({ userId }) => (isLearned(userId) ? learned : byRules),
  });
}

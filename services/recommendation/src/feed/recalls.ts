import type { Catalogue } from "../catalogue/catalogue.js";
import type { Promotions } from "../catalogue/promotions.js";
import type { TitleWords } from "../catalogue/title-words.js";
import type { ClickedLately } from "../readers/clicked-lately.js";
import type { CoVisits } from "../readers/co-visits.js";
import type { Interests } from "../readers/interests.js";
import type { PlannedRecall, Reason } from "./candidate.js";
import { explore } from "./recall/explore.js";
import { followed } from "./recall/followed.js";
import { fresh } from "./recall/fresh.js";
import { hot } from "./recall/hot.js";
import { interests } from "./recall/interests.js";
import { promoted } from "./recall/promoted.js";
import { similar } from "./recall/similar.js";

/** Sources that the recalls of the home feed walk. */
export interface RecallSources {
  readonly catalogue: Catalogue;
  readonly promotions: Pick<Promotions, "on">;
  readonly interests: Pick<Interests, "top">;
  readonly titleWords: Pick<TitleWords, "slotsOf">;
  readonly visits: Pick<CoVisits, "lastReads" | "eachNeighbour">;
  readonly clicked: Pick<ClickedLately, "ordersOf">;
}

/** Sources other than the catalogue while nothing was learnt or paid for. */
export const NOTHING_LEARNT: Omit<RecallSources, "catalogue"> = {
  promotions: { on: () => [] },
  interests: { top: () => ({ channels: [], authors: [], words: [] }) },
  titleWords: { slotsOf: () => [] },
  visits: { lastReads: () => [], eachNeighbour: () => undefined },
  clicked: { ordersOf: () => [] },
};

/** Recalls of the home feed in order of precedence: the reason of an article is that of the first recall to name it. */
export function homeRecalls(sources: RecallSources): readonly PlannedRecall[] {
  const { catalogue, promotions, visits, clicked } = sources;
  const recalls: Readonly<Record<Reason, Omit<PlannedRecall, "reason">>> = {
    promoted: { recall: promoted(catalogue, promotions), perPlace: 1 },
    followed: { recall: followed(catalogue), perPlace: 2 },
    interest: { recall: interests(sources), perPlace: 4 },
    similar: { recall: similar(catalogue, visits), perPlace: 2 },
    hot: { recall: hot(catalogue, clicked), perPlace: 8 },
    explore: { recall: explore(catalogue), perPlace: 0.5 },
    new: { recall: fresh(catalogue), perPlace: 3 },
  };
  return Object.entries(recalls).map(([reason, plan]) => ({ reason: reason as Reason, ...plan }));
}

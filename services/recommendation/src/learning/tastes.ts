import type { EventKind, LandedEvent } from "@headline/newsroom/events";
import type { Interest } from "@headline/recommender";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { TitleKeeper } from "../catalogue/title-loader.js";
import type { PlannedRecall } from "../feed/feed.js";
import { interests as interestsRecall } from "../feed/recall/interests.js";
import { similar } from "../feed/recall/similar.js";
import { CoVisits } from "../readers/co-visits.js";
import { deedWeight } from "../readers/feedback-weight.js";
import { Interests } from "../readers/interests.js";
import { traitsOf } from "../readers/traits.js";
import type { Student } from "./learner.js";

/** What readers are drawn to, and which articles the same readers read: learnt from the log, for recalls, ranking and explanations. */
export interface Tastes {
  readonly interests: Interests;
  readonly students: readonly Student[];
  readonly recalls: readonly PlannedRecall[];
  /** In words, the strongest first. */
  describe(userId: bigint, nowMs: number): Promise<Interest[]>;
}

const READING: ReadonlySet<EventKind> = new Set(["click", "liking", "collect", "comment"]);

export function createTastes(
  catalogue: Catalogue,
  titles: Pick<TitleKeeper, "words" | "textsOf">,
  readersMax?: number,
): Tastes {
  const titleWords = titles.words;
  const interests = new Interests(traitsOf(catalogue, titleWords), readersMax);
  const visits = new CoVisits(catalogue, readersMax === undefined ? {} : { readersMax });
  return {
    interests,
    students: [interestsStudent(interests), coVisitsStudent(visits)],
    recalls: [
      { reason: "interest", recall: interestsRecall({ catalogue, interests, titleWords }), perPlace: 4 },
      { reason: "similar", recall: similar(catalogue, visits), perPlace: 2 },
    ],
    async describe(userId, nowMs) {
      const { channels, authors, words } = interests.top(userId, nowMs);
      const texts = await titles.textsOf(words.map(({ key }) => key));
      return [
        ...channels.map(({ key, strength }) => ({ kind: "channel", name: String(key), weight: strength })),
        ...authors.map(({ key, strength }) => ({
          kind: "author",
          name: String(catalogue.authorUnder(key)),
          weight: strength,
        })),
        ...words.map(({ key, strength }) => ({ kind: "word", name: texts.get(key) ?? `#${key}`, weight: strength })),
      ].sort((a, b) => b.weight - a.weight);
    },
  };
}

function interestsStudent(interests: Interests): Student {
  return {
    name: "interests",
    learn(event: LandedEvent, slot) {
      const { userId, landedAtMs } = event;
      const deed = deedWeight(event);
      if (deed === undefined) return;
      if (deed.isUndone) interests.undo(userId, slot, deed.weight, landedAtMs);
      else interests.learn(userId, slot, deed.weight, landedAtMs);
    },
    snapshotParts: () => interests.snapshotParts(),
    restoreParts: (bytes) => interests.restoreParts(bytes),
  };
}

function coVisitsStudent(visits: CoVisits): Student {
  return {
    name: "co-visits",
    learn({ kind, userId, landedAtMs }, slot, counts) {
      if (counts && READING.has(kind)) visits.learn(userId, slot, landedAtMs);
    },
    snapshotParts: () => visits.snapshotParts(),
    restoreParts: (bytes) => visits.restoreParts(bytes),
  };
}

import type { LandedEvent } from "@headline/newsroom/events";
import type { Interest } from "@headline/recommender";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { TitleLoader } from "../catalogue/title-loader.js";
import { ClickedLately } from "../readers/clicked-lately.js";
import { CoVisits } from "../readers/co-visits.js";
import { FEEDBACK, feedbackWeight } from "../readers/feedback.js";
import { Interests } from "../readers/interests.js";
import { traitsOf } from "../readers/traits.js";
import type { EventConsumer } from "./learner.js";

/** Interests of readers, articles read by the same readers, and articles clicked lately: learnt from the log for recalls, ranking and explanations. */
export interface Tastes {
  readonly interests: Interests;
  readonly visits: CoVisits;
  readonly clicked: ClickedLately;
  readonly consumers: readonly EventConsumer[];
  /** Interests of a reader in words, the strongest first. */
  describe(userId: bigint, nowMs: number): Promise<Interest[]>;
}

export function createTastes(
  catalogue: Catalogue,
  titles: Pick<TitleLoader, "words" | "textsOf">,
  readersMax?: number,
): Tastes {
  const interests = new Interests(traitsOf(catalogue, titles.words), readersMax);
  const visits = new CoVisits(catalogue, readersMax === undefined ? {} : { readersMax });
  const clicked = new ClickedLately(catalogue);
  return {
    interests,
    visits,
    clicked,
    consumers: [interestsConsumer(interests), coVisitsConsumer(visits), clickedConsumer(clicked, catalogue)],
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

function interestsConsumer(interests: Interests): EventConsumer {
  return {
    name: "interests",
    learn(event: LandedEvent, slot) {
      const { userId, landedAtMs } = event;
      const feedback = feedbackWeight(event);
      if (feedback === undefined) return;
      if (feedback.isUndone) interests.undo(userId, slot, feedback.weight, landedAtMs);
      else interests.learn(userId, slot, feedback.weight, landedAtMs);
    },
    snapshotParts: () => interests.snapshotParts(),
    restoreParts: (bytes) => interests.restoreParts(bytes),
  };
}

function coVisitsConsumer(visits: CoVisits): EventConsumer {
  return {
    name: "co-visits",
    learn({ kind, userId, landedAtMs }, slot, counts) {
      if (counts && FEEDBACK[kind].isRead) visits.learn(userId, slot, landedAtMs);
    },
    snapshotParts: () => visits.snapshotParts(),
    restoreParts: (bytes) => visits.restoreParts(bytes),
  };
}

function clickedConsumer(clicked: ClickedLately, catalogue: Catalogue): EventConsumer {
  return {
    name: "clicked-lately",
    learn({ kind, landedAtMs }, slot, counts) {
      if (counts && FEEDBACK[kind].isRead) clicked.learn(slot, catalogue.channelId(slot), landedAtMs);
    },
    snapshotParts: () => clicked.snapshotParts(),
    restoreParts: (bytes) => clicked.restoreParts(bytes),
  };
}

import { FEEDBACK } from "../readers/feedback.js";
import type { SeenArticles } from "../readers/seen-articles.js";
import type { EventConsumer } from "./learner.js";

/** Adds viewed articles to the readers in memory. It keeps no state of its own: the event log has the views of every reader. */
export function seenConsumer(seen: SeenArticles): EventConsumer {
  return {
    name: "seen",
    learn({ kind, userId }, slot) {
      if (FEEDBACK[kind].isView) seen.add(userId, slot);
    },
  };
}

import type { SeenArticles } from "../readers/seen-articles.js";
import type { Student } from "./learner.js";

/** Tells who has seen what. It keeps nothing: the event log says it again of every reader. */
export function seenStudent(seen: SeenArticles): Student {
  return {
    name: "seen",
    learn({ kind, userId }, slot) {
      if (kind === "exposure" || kind === "click") seen.add(userId, slot);
    },
  };
}

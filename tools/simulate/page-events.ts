import { randomUUID } from "node:crypto";
import type { HiddenArticle } from "./articles.js";
import type { ServedArticle, SimulatedEvent } from "./http-client.js";
import type { Look } from "./reading.js";

interface Visit {
  readonly shown: readonly { readonly served: ServedArticle; readonly article: HiddenArticle }[];
  /** The page's token; empty where nothing can be reported. */
  readonly exposure: string;
  readonly looks: readonly Look[];
  readonly mayLike: boolean;
  readonly nowMs: number;
}

/** Events that an app sends of one visit: exposures, and feedback on them. */
export function eventsOf({ shown, exposure, looks, mayLike, nowMs }: Visit): SimulatedEvent[] {
  const servedOf = new Map(shown.map(({ served, article }) => [article.key, served]));
  const seen = looks.flatMap((look) => {
    const served = servedOf.get(look.article.key);
    return served === undefined ? [] : [{ look, served }];
  });
  if (seen.length === 0 || exposure === "") return [];
  const event = (type: SimulatedEvent["type"], token: string, more: Partial<SimulatedEvent> = {}): SimulatedEvent => {
    return { id: randomUUID(), type, token, ts: nowMs, ...more };
  };
  const reactions = seen.flatMap(({ look, served: { trace } }) => [
    ...(look.clicked ? [event("click", trace.click), event("read", trace.read, { duration_ms: look.readMs })] : []),
    ...(look.liked && mayLike ? [event("liking", trace.liking)] : []),
    ...(look.disliked ? [event("dislike", trace.click)] : []),
  ]);
  return [event("exposure", exposure, { article_ids: seen.map(({ served }) => served.article_id) }), ...reactions];
}

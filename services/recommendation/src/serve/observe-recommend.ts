import type { Recommend } from "@headline/recommender";
import type { Count, Metrics } from "@headline/service/metrics";
import type { Tracing } from "@headline/service/tracing";

/** Counts answers by mode and articles by reason. Dry runs are not counted. */
export function countedRecommend(recommend: Recommend, metrics: Metrics): Recommend {
  const answers = metrics.counter({
    name: "headline_recommendations_total",
    help: "Answers of user_recommend, by how they came about",
    labels: ["mode", "algo"],
  });
  const served = metrics.counter({
    name: "headline_recommended_articles_total",
    help: "Articles that were recommended, by why",
    labels: ["reason"],
  });
  const without = metrics.counter({
    name: "headline_recommendations_without_total",
    help: "Answers that were made without something of the reader, which was not read in time",
    labels: ["without"],
  });
  const byReason = new Map<string, Count>();
  return async (request, context) => {
    const answer = await recommend(request, context);
    if (context.dryRun) return answer;
    answers.of(answer.mode, answer.algo).add();
    for (const name of answer.without ?? []) without.of(name).add();
    if (answer.mode === "refresh" || answer.mode === "continued")
      for (const reason of answer.reasons) countOf(reason).add();
    return answer;
  };

  function countOf(reason: string): Count {
    const known = byReason.get(reason);
    if (known !== undefined) return known;
    const count = served.of(reason);
    byReason.set(reason, count);
    return count;
  }
}

/** A span for each call that came with a trace. */
export function tracedRecommend(recommend: Recommend, tracing: Tracing): Recommend {
  return async (request, context) => {
    if (context.traceparent === undefined) return recommend(request, context);
    const span = tracing.start("user_recommend", { kind: "server", parent: context.traceparent });
    try {
      const answer = await recommend(request, context);
      span.set("headline.mode", answer.mode);
      span.set("headline.articles", answer.recommends.length);
      span.end();
      return answer;
    } catch (error) {
      span.end(error instanceof Error ? error.message : "failed");
      throw error;
    }
  };
}

import type { Mysql } from "@headline/mysql";
import { newestEventId } from "@headline/newsroom/events";
import type { Metrics } from "@headline/service/metrics";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { Learner } from "../learning/learner.js";

interface Deps {
  readonly mysql: Mysql;
  readonly catalogue: Catalogue;
  readonly learner: Learner;
}

/** Exposes the size of the catalogue and the lag of learning behind the events, read at every scrape. */
export function exposeLearning(metrics: Metrics, { mysql, catalogue, learner }: Deps): void {
  metrics.read({
    name: "headline_learner_lag_events",
    help: "Ids between the newest event that landed and the last that was learnt",
    read: async () => Math.max(0, Number((await newestEventId(mysql)) - learner.position)),
  });
  metrics.read({
    name: "headline_learner_position",
    help: "Id of the last event that was learnt",
    read: () => Number(learner.position),
  });
  metrics.read({
    name: "headline_learner_clicks_total",
    help: "Clicks learnt from, ever",
    type: "counter",
    read: () => learner.clicks,
  });
  metrics.read({
    name: "headline_catalogue_articles",
    help: "Articles that can be recommended",
    read: () => catalogue.listed,
  });
}

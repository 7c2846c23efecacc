export { type CacheReads, readCaches } from "./caches.js";
export type { Count } from "./count.js";
export { countDependencies, type ObserveDependency } from "./dependencies.js";
export { answerMetrics, listenForMetrics, type MetricsListener } from "./listen.js";
export { Metrics } from "./metrics.js";
export type { Series } from "./series.js";
export type { Timing } from "./timing.js";
export { countUnreadable, type OnUnreadable } from "./unreadable.js";

export { changeStatistics } from "./change-statistics.js";
export { type CorrectionOptions, type CorrectionProgress, correctStatistics } from "./correct-statistics.js";
export type { CorrectionReport, CounterReport, StatisticsReport } from "./correction-report.js";
export {
  ARTICLE_STATISTICS,
  type ArticleCounts,
  type Counter,
  type Counts,
  type StatisticsDefinition,
  USER_STATISTICS,
  type UserCounts,
} from "./definition.js";
export { formatReport } from "./format-report.js";
export { openStatistics } from "./open-statistics.js";

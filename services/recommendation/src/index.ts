export { encodeBatch, encodeHead } from "./history/history-codec.js";
export { historyKey } from "./history/history-store.js";
export { type Rebuilt, rebuildModel } from "./learning/rebuild-model.js";
export { openRecommendation, type RecommendationConfig, type RunningRecommendation } from "./open-recommendation.js";

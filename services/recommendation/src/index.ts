export { historyKey } from "./history/history-store.js";
export { openRecommendation, type RecommendationConfig, type RunningRecommendation } from "./open-recommendation.js";

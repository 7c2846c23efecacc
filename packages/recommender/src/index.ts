export { HealingChannel, type HealingOptions } from "./channel.js";
export { HealthCheckResponse_ServingStatus, HealthClient } from "./gen/grpc/health/v1/health.js";
export type {
  ExplainedArticle,
  ExplainFeedRequest,
  ExplainFeedResponse,
  Interest,
} from "./gen/headline/explain/v1/explain.js";
export {
  Answer,
  Call,
  CountUpdatesRequest,
  CountUpdatesResponse,
  Failure,
  FeedMode,
  Reason,
  RecommendServiceClient,
  type RecommendServiceServer,
  RecommendServiceService,
  Reply,
  StreamRecommendationsRequest,
  StreamRecommendationsResponse,
} from "./gen/headline/recommend/v1/recommend.js";
export {
  Article,
  ArticleResponse,
  Track,
  UserRecommendClient,
  type UserRecommendServer,
  UserRecommendService,
  UserRequest,
} from "./gen/user_recommend.js";
export { type InFlightGate, inFlightGate } from "./in-flight.js";
export type { ObserveCall } from "./observe.js";
export { recommendBatches } from "./recommend-batches.js";
export { explainService, recommendService, userRecommendService } from "./recommend-services.js";
export { RecommendStream, type StreamOptions, Unseen } from "./recommend-stream.js";
export type {
  FeedModeName,
  MakeTokens,
  ReasonName,
  Recommend,
  Recommendation,
  RecommendContext,
  Unsigned,
  WithoutName,
} from "./recommendation.js";
export {
  type CallOptions,
  connectRecommender,
  type Recommender,
  type RecommenderOptions,
  type RecommendOptions,
  unaryRecommender,
} from "./recommender.js";
export { type RetryBudget, retryBudget } from "./retry-budget.js";
export { type Drains, openServer, type RunningServer, type ServedService, service } from "./serve.js";
export { fromServiceError, fromStatus, toStatus } from "./status.js";
export { TunedRecommendService, TunedRecommendServiceClient } from "./stream-codec.js";
export { clientTls, mutualTls } from "./tls.js";
export { type CallContext, type Edge, type UnaryHandler, unary } from "./unary.js";

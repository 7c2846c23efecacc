export { openChannel, type RecommenderChannel } from "./channel.js";
export {
  type CallOptions,
  connectRecommender,
  type Recommender,
  type RecommenderOptions,
  type RecommendOptions,
  unaryRecommender,
} from "./client.js";
export { TunedRecommendService, TunedRecommendServiceClient } from "./codec.js";
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
export { type PendingCall, UnprocessedCall } from "./pending-call.js";
export type {
  FeedModeName,
  MakeTokens,
  ReasonName,
  Recommend,
  Recommendation,
  RecommendContext,
  UnsignedPage,
  WithoutName,
} from "./recommendation.js";
export { recommendBatches } from "./serve-batches.js";
export { explainService, recommendService, userRecommendService } from "./services.js";
export { RecommendStream, type StreamOptions } from "./stream.js";

import { type Edge, type ServedService, service, type UnaryHandler, unary } from "@headline/grpc";
import { TunedRecommendService } from "./codec.js";
import { descriptorSetBase64 } from "./gen/descriptor-set.js";
import {
  type ExplainFeedRequest,
  type ExplainFeedResponse,
  ExplainServiceService,
} from "./gen/headline/explain/v1/explain.js";
import type { CountUpdatesRequest, CountUpdatesResponse } from "./gen/headline/recommend/v1/recommend.js";
import { type ArticleResponse, UserRecommendService, type UserRequest } from "./gen/user_recommend.js";
import { type Recommend, toMetadata } from "./recommendation.js";
import { recommendBatches } from "./serve-batches.js";

/** UserRecommend, the frozen contract: mode, stamp, algorithm and reasons leave as answer metadata. */
export function userRecommendService(recommend: Recommend, edge: Edge): ServedService {
  const userRecommend = unary<UserRequest, ArticleResponse>(async (request, context) => {
    const recommendation = await recommend(request, context);
    context.sendMetadata(toMetadata(recommendation));
    return recommendation;
  }, edge);
  return service(UserRecommendService, { userRecommend }, descriptorSetBase64);
}

interface RecommendServiceHandlers {
  readonly recommend: Recommend;
  readonly countUpdates: UnaryHandler<CountUpdatesRequest, CountUpdatesResponse>;
}

/** headline.recommend.v1.RecommendService: the same function over a stream of batches, and the count of what is new. */
export function recommendService(
  { recommend, countUpdates }: RecommendServiceHandlers,
  edge: Edge & { readonly callsMax?: number },
): ServedService {
  const streamRecommendations = recommendBatches(recommend, edge);
  const handlers = { streamRecommendations, countUpdates: unary(countUpdates, edge) };
  return service(TunedRecommendService, handlers, descriptorSetBase64);
}

/** headline.explain.v1.ExplainService: why a feed is as it is. */
export function explainService(
  explainFeed: UnaryHandler<ExplainFeedRequest, ExplainFeedResponse>,
  edge: Edge,
): ServedService {
  return service(ExplainServiceService, { explainFeed: unary(explainFeed, edge) }, descriptorSetBase64);
}

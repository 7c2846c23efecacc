import { type CallContext, type Edge, type ServedService, service, type UnaryHandler, unary } from "@headline/grpc";
import { TunedRecommendService } from "./codec.js";
import { descriptorSetBase64 } from "./gen/descriptor-set.js";
import {
  type ExplainFeedRequest,
  type ExplainFeedResponse,
  ExplainServiceService,
} from "./gen/headline/explain/v1/explain.js";
import type { CountUpdatesRequest, CountUpdatesResponse } from "./gen/headline/recommend/v1/recommend.js";
import { type ArticleResponse, UserRecommendService, type UserRequest } from "./gen/user_recommend.js";
import { type Recommend, type RecommendContext, toMetadata } from "./recommendation.js";
import { recommendBatches } from "./serve-batches.js";

/** UserRecommend, the frozen contract: mode, stamp, ranking and reasons are header metadata. */
export function userRecommendService(recommend: Recommend, edge: Edge): ServedService {
  const userRecommend = unary<UserRequest, ArticleResponse>(async (request, context) => {
    const recommendation = await recommend(request, recommendContext(context));
    context.sendMetadata(toMetadata(recommendation));
    return recommendation;
  }, edge);
  return service(UserRecommendService, { userRecommend }, descriptorSetBase64);
}

interface RecommendServiceHandlers {
  readonly recommend: Recommend;
  readonly countUpdates: UnaryHandler<CountUpdatesRequest, CountUpdatesResponse>;
}

/** headline.recommend.v1.RecommendService: recommendations over streams of batches, and the count of newer articles. */
export function recommendService(
  { recommend, countUpdates }: RecommendServiceHandlers,
  edge: Edge & { readonly callsMax?: number },
): ServedService {
  const streamRecommendations = recommendBatches(recommend, edge);
  const handlers = { streamRecommendations, countUpdates: unary(countUpdates, edge) };
  return service(TunedRecommendService, handlers, descriptorSetBase64);
}

/** headline.explain.v1.ExplainService: the explanation of a feed. */
export function explainService(
  explainFeed: UnaryHandler<ExplainFeedRequest, ExplainFeedResponse>,
  edge: Edge,
): ServedService {
  return service(ExplainServiceService, { explainFeed: unary(explainFeed, edge) }, descriptorSetBase64);
}

/** The signal stays a getter: it is made on first use. */
function recommendContext(call: CallContext): RecommendContext {
  return {
    get signal() {
      return call.signal;
    },
    get deadlineMs() {
      return call.deadlineMs;
    },
    dryRun: call.metadata.get("x-feed-dry-run")[0] === "1",
    traceparent: call.traceparent,
  };
}

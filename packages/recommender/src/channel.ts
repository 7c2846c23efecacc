import { HealingChannel, type HealingOptions } from "@headline/grpc";
import { TunedRecommendServiceClient } from "./codec.js";
import { ExplainServiceClient } from "./gen/headline/explain/v1/explain.js";
import type { RecommendServiceClient } from "./gen/headline/recommend/v1/recommend.js";
import { UserRecommendClient } from "./gen/user_recommend.js";

interface RecommenderClients {
  readonly userRecommend: UserRecommendClient;
  readonly recommendService: RecommendServiceClient;
  readonly explain: ExplainServiceClient;
}

/** Channel to the recommendation service with the clients of its three services. */
export type RecommenderChannel = HealingChannel<RecommenderClients>;

/** Opens a channel to the recommendation service. */
export function openChannel(options: HealingOptions): RecommenderChannel {
  return new HealingChannel(options, (...channel) => ({
    userRecommend: new UserRecommendClient(...channel),
    recommendService: new TunedRecommendServiceClient(...channel),
    explain: new ExplainServiceClient(...channel),
  }));
}

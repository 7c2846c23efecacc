import type { CallOptions, Recommender } from "@headline/recommender";
import type { Tracing } from "@headline/service/tracing";

/** The recommender with a span for each call that is made for a request. */
export function tracedRecommender(recommender: Recommender, tracing: Tracing): Recommender {
  return Object.assign(Object.create(recommender) as Recommender, {
    recommend: traced("UserRecommend/user_recommend", recommender.recommend.bind(recommender)),
    countUpdates: traced("RecommendService/CountUpdates", recommender.countUpdates.bind(recommender)),
  });

  function traced<Request, Answer, Options extends CallOptions>(
    name: string,
    call: (request: Request, options?: Options) => Promise<Answer>,
  ) {
    return async (request: Request, options?: Options): Promise<Answer> => {
      if (options?.traceparent === undefined) return call(request, options);
      const span = tracing.start(name, { kind: "client", parent: options.traceparent });
      span.set("rpc.system", "grpc");
      try {
        const answer = await call(request, { ...options, traceparent: span.traceparent });
        span.end();
        return answer;
      } catch (error) {
        span.end(error instanceof Error ? error.message : "failed");
        throw error;
      }
    };
  }
}

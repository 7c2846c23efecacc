import { Metadata } from "@grpc/grpc-js";
import { type HealingOptions, type ObserveCall, type RetryBudget, retryBudget } from "@headline/grpc";
import { openChannel, type RecommenderChannel } from "./channel.js";
import type { ExplainFeedRequest, ExplainFeedResponse } from "./gen/headline/explain/v1/explain.js";
import type { CountUpdatesRequest } from "./gen/headline/recommend/v1/recommend.js";
import type { UserRequest } from "./gen/user_recommend.js";
import { fromMetadata, type Recommendation } from "./recommendation.js";
import { retryOnce } from "./retry-once.js";
import { RecommendStream, type StreamOptions } from "./stream.js";

/** Deadline, trace and cancellation of one call. */
export interface CallOptions {
  /** Deadline of the call, its retry included. Default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** Time for the first attempt, so that some is left for a second. Default: all of it. */
  readonly attemptMs?: number | undefined;
  readonly traceparent?: string | undefined;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `recommend`. */
export interface RecommendOptions extends CallOptions {
  /** Answer in full, record nothing. */
  readonly dryRun?: boolean | undefined;
}

/** Address, deadlines and retries of a client. */
export interface RecommenderOptions extends HealingOptions, StreamOptions {
  /** Deadline of a call, its retry included. Default 300 ms. */
  readonly timeoutMs?: number;
  /** Whether each call is one RPC of user_recommend, without streams. Default: no. */
  readonly unaryOnly?: boolean;
  /** Bound of the retries. Default: a tenth of the calls. */
  readonly budget?: RetryBudget;
  /** Receives each call once, its retry included. */
  readonly observe?: ObserveCall | undefined;
}

/** Client of the recommendation service. Failures are Refusals with gRPC's code names; a bug, here or there, is a plain Error. */
export interface Recommender extends AsyncDisposable {
  /** Returns a page of a reader's feed: a refresh, or older articles with the `timeStamp` of the page before. */
  recommend(request: UserRequest, options?: RecommendOptions): Promise<Recommendation>;
  /** Counts newer articles; consumes nothing. */
  countUpdates(request: CountUpdatesRequest, options?: CallOptions): Promise<number>;
  /** Explains a reader's feed; consumes nothing. It has 3 s by default, and no retry. */
  explain(request: ExplainFeedRequest, options?: CallOptions): Promise<ExplainFeedResponse>;
  /** Asks grpc.health.v1 whether the service serves; false when it is not reached. */
  check(service?: string, options?: CallOptions): Promise<boolean>;
  /** Whether a stream is up, so that calls use it. */
  readonly streaming: boolean;
  /** Waits for the calls in flight, which their deadlines bound, and closes the connections. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 300;
const EXPLAIN_MS = 3_000;

/**
 * Connects to the recommendation service: calls go over streams of batches, and unary where none is up. One retry, where repeating is
 * safe. The connection is made in the background and made again whenever it breaks.
 *
 * @example
 * ```ts
 * import { openServer } from "@headline/grpc";
 * import { connectRecommender, type Recommend, recommendService, userRecommendService } from "@headline/recommender";
 *
 * // A server that recommends one article to everyone.
 * const recommend: Recommend = async () => ({
 *   recommends: [{ articleId: 97n, track: undefined }],
 *   reasons: ["hot"],
 *   mode: "refresh",
 *   algo: "one",
 *   stamp: 1n,
 *   timeStamp: 1n,
 *   exposure: "",
 * });
 * const edge = { onBug: console.error };
 * const services = [
 *   userRecommendService(recommend, edge),
 *   recommendService({ recommend, countUpdates: () => ({ count: 0 }) }, edge),
 * ];
 * const server = await openServer({ address: "127.0.0.1:0", services });
 *
 * const recommender = connectRecommender({ address: server.address, timeoutMs: 10_000 });
 * const page = await recommender.recommend({ userId: 7n, channelId: 0, articleNum: 10, timeStamp: 0n });
 * console.log(page.recommends[0]?.articleId, page.reasons[0]); // 97n hot
 * await recommender.close();
 * await server.drain();
 * ```
 */
export function connectRecommender(options: RecommenderOptions): Recommender {
  const channel = openChannel(options);
  const stream = options.unaryOnly
    ? undefined
    : new RecommendStream(channel, { streams: streamsFor(options.address), ...options });
  const retrying = retryOnce(options.budget ?? retryBudget(), options.observe);
  const timeoutMsDefault = options.timeoutMs ?? TIMEOUT_MS;
  let closing: Promise<void> | undefined;

  const recommender: Recommender = {
    recommend(request, call = {}) {
      return retrying("recommend", call, call.timeoutMs ?? timeoutMsDefault, (timeoutMs, isRepeated) => {
        // A stream that ended because its server drains may soon be followed by the others.
        if (stream?.up && !isRepeated) return stream.call(request, { ...call, timeoutMs });
        return recommendUnary(channel, request, { ...call, timeoutMs });
      });
    },
    countUpdates(request, call = {}) {
      return retrying("count_updates", call, call.timeoutMs ?? timeoutMsDefault, async (timeoutMs) => {
        const { response } = await channel.unary(
          ({ recommendService }) => recommendService.countUpdates.bind(recommendService),
          request,
          { timeoutMs, metadata: requestMetadata(call), signal: call.signal },
        );
        return response.count;
      });
    },
    async explain(request, call = {}) {
      const { response } = await channel.unary(({ explain }) => explain.explainFeed.bind(explain), request, {
        timeoutMs: call.timeoutMs ?? EXPLAIN_MS,
        signal: call.signal,
      });
      return response;
    },
    check(service = "", call = {}) {
      return channel.check(service, { timeoutMs: call.timeoutMs ?? timeoutMsDefault, signal: call.signal });
    },
    get streaming() {
      return stream?.up ?? false;
    },
    close() {
      closing ??= (async () => {
        await stream?.close();
        channel.close();
      })();
      return closing;
    },
    [Symbol.asyncDispose]: () => recommender.close(),
  };
  return recommender;
}

/**
 * Connects by the frozen contract alone, without streams: for callers with few calls.
 */
export function unaryRecommender(options: Omit<RecommenderOptions, "unaryOnly" | keyof StreamOptions>): Recommender {
  return connectRecommender({ ...options, unaryOnly: true });
}

async function recommendUnary(
  channel: RecommenderChannel,
  request: UserRequest,
  call: RecommendOptions & { timeoutMs: number },
): Promise<Recommendation> {
  const { response, metadata } = await channel.unary(
    ({ userRecommend }) => userRecommend.userRecommend.bind(userRecommend),
    request,
    { timeoutMs: call.timeoutMs, metadata: requestMetadata(call), signal: call.signal },
  );
  return fromMetadata(response, metadata);
}

function requestMetadata({ traceparent, dryRun }: RecommendOptions): Metadata {
  const metadata = new Metadata();
  if (traceparent) metadata.set("traceparent", traceparent);
  if (dryRun) metadata.set("x-feed-dry-run", "1");
  return metadata;
}

/** One stream for each address, two for a name that may stand for several backends. Fewer streams carry larger batches. */
function streamsFor(address: string): number {
  return /^(ipv4|ipv6|unix):/.test(address) ? address.split(",").length : 2;
}

import { setTimeout as pause } from "node:timers/promises";
import { Metadata } from "@grpc/grpc-js";
import { codeOf, type HealingOptions, type ObserveCall, type RetryBudget, retryBudget } from "@headline/grpc";
import { Refusal } from "@headline/service/errors";
import { openChannel, type RecommenderChannel } from "./channel.js";
import type { ExplainFeedRequest, ExplainFeedResponse } from "./gen/headline/explain/v1/explain.js";
import type { CountUpdatesRequest } from "./gen/headline/recommend/v1/recommend.js";
import type { UserRequest } from "./gen/user_recommend.js";
import { fromMetadata, type Recommendation } from "./recommendation.js";
import { RecommendStream, type StreamOptions, Unseen } from "./stream.js";

/** Time limits, trace and cancellation of one call. */
export interface CallOptions {
  /** How long the caller will wait, the retry included. Default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** How long the first attempt may take of it, so that time is left for a second. Default: all of it. */
  readonly attemptMs?: number | undefined;
  readonly traceparent?: string | undefined;
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of one recommendation. */
export interface RecommendOptions extends CallOptions {
  /** Answer in full, record nothing. */
  readonly dryRun?: boolean | undefined;
}

/** Options of a client. */
export interface RecommenderOptions extends HealingOptions, StreamOptions {
  /** Default 300 ms. */
  readonly timeoutMs?: number;
  /** Calls user_recommend only, one RPC a call. */
  readonly unaryOnly?: boolean;
  /** Retries allowed. Default: a tenth of the calls. */
  readonly budget?: RetryBudget;
  /** Told of each call, its retry included. */
  readonly observe?: ObserveCall | undefined;
}

/** The recommendation service, as its callers see it. Failures are Refusals with gRPC's names; a bug is a plain Error. */
export interface Recommender extends AsyncDisposable {
  recommend(request: UserRequest, options?: RecommendOptions): Promise<Recommendation>;
  /** How many newer articles wait; consumes nothing. */
  countUpdates(request: CountUpdatesRequest, options?: CallOptions): Promise<number>;
  /** Why a reader's feed is as it is; consumes nothing. It may take a while, and is not tried again. */
  explain(request: ExplainFeedRequest, options?: CallOptions): Promise<ExplainFeedResponse>;
  /** Whether the server says it serves; false too when nobody answers. */
  check(service?: string, options?: CallOptions): Promise<boolean>;
  /** Whether calls travel on the stream just now. */
  readonly streaming: boolean;
  close(): Promise<void>;
}

const TIMEOUT_MS = 300;
const EXPLAIN_MS = 3_000;
/** Work with less than this left is not started. */
const WORTH_STARTING_MS = 20;

/** Calls over the stream of batches, and unary where no stream is up. Retries once, where asking again is safe. */
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
      return retrying("recommend", call, call.timeoutMs ?? timeoutMsDefault, (timeoutMs, unseen) => {
        // When one stream ends because its server leaves, the others may be about to.
        if (stream?.up && !unseen) return stream.ask(request, { ...call, timeoutMs });
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

/** For internal services: the frozen contract alone, with deadlines, healing and the one retry. */
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

/** A stream for each address that is named; one more where a name may stand for many. Fewer streams carry larger batches. */
function streamsFor(address: string): number {
  return /^(ipv4|ipv6|unix):/.test(address) ? address.split(",").length : 2;
}

type Attempt<T> = (timeoutMs: number, unseen: boolean) => Promise<T>;

function retryOnce(budget: RetryBudget, observe: ObserveCall | undefined) {
  return async <T>(method: string, call: CallOptions, timeoutMs: number, attempt: Attempt<T>): Promise<T> => {
    const startedAt = performance.now();
    const observed = (code: string) => observe?.(method, code, performance.now() - startedAt, call.traceparent);
    budget.earn();
    try {
      const answer = await attempt(Math.min(timeoutMs, call.attemptMs ?? timeoutMs), false);
      observed("OK");
      return answer;
    } catch (failure) {
      try {
        const answer = await again(failure, startedAt + timeoutMs, budget, call.signal, attempt);
        observed("OK");
        return answer;
      } catch (error) {
        observed(codeOf(error));
        throw error;
      }
    }
  };
}

/**
 * The one retry. A refresh is idempotent by its time_stamp, so asking twice is safe; the budget keeps a struggling server
 * from being asked twice as much. A call that no server saw is asked again before that, and costs no budget.
 */
async function again<T>(
  failure: unknown,
  deadlineAt: number,
  budget: RetryBudget,
  signal: AbortSignal | undefined,
  attempt: Attempt<T>,
): Promise<T> {
  let error = failure;
  if (error instanceof Unseen && !signal?.aborted && worthStarting(deadlineAt)) {
    try {
      return await attempt(deadlineAt - performance.now(), true);
    } catch (second) {
      error = second;
    }
  }
  if (!isTransient(error) || signal?.aborted) throw error;
  const pauseMs = (error.retryAfterSeconds ?? 0.01 * Math.random()) * 1_000;
  if (!worthStarting(deadlineAt - pauseMs) || !budget.spend()) throw error;
  await pause(pauseMs);
  return await attempt(deadlineAt - performance.now(), false);
}

function worthStarting(deadlineAt: number): boolean {
  return deadlineAt - performance.now() >= WORTH_STARTING_MS;
}

function isTransient(error: unknown): error is Refusal {
  return error instanceof Refusal && (error.code === "UNAVAILABLE" || error.code === "DEADLINE_EXCEEDED");
}

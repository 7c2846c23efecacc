import type { Metadata } from "@grpc/grpc-js";
import { type Answer, FeedMode, Reason, type TokenParts, Without } from "./gen/headline/recommend/v1/recommend.js";
import type { ArticleResponse, Track, UserRequest } from "./gen/user_recommend.js";

/** How an answer came about, as `x-feed-mode` says it. */
export type FeedModeName = Lowercase<Exclude<keyof typeof FeedMode, "UNRECOGNIZED">>;

/** Why an article was chosen, as `x-feed-reasons` says it. */
export type ReasonName = Lowercase<Exclude<keyof typeof Reason, "UNRECOGNIZED">>;

/** Facts about the reader that were not read in time for the page; the values of `x-feed-without`. */
export type WithoutName = Exclude<Lowercase<Exclude<keyof typeof Without, "UNRECOGNIZED">>, "unspecified">;

/** The response of user_recommend with what it says in metadata. */
export interface Recommendation extends ArticleResponse {
  readonly mode: FeedModeName;
  /** The stamp of the batch that was answered; 0 when there was none. */
  readonly stamp: bigint;
  /** Which algorithm chose. */
  readonly algo: string;
  /** Why each article was chosen, in the order of the articles; empty when nobody said. */
  readonly reasons: readonly ReasonName[];
  /** Facts about the reader that were not known in time; none by default. */
  readonly without?: readonly WithoutName[];
  /** Beside articles without tokens: what the tokens are made of. */
  readonly tokenParts?: TokenParts;
}

/** Parts of tracking tokens, for callers that make them. */
export interface Unsigned extends TokenParts {
  readonly userId: bigint;
  readonly channelId: number;
  readonly stamp: bigint;
  readonly articles: readonly { readonly articleId: bigint; readonly reason: number; readonly position: number }[];
}

/** Makes the tokens of a page: one for its exposure, and those of each article in their order. */
export type MakeTokens = (page: Unsigned) => { readonly exposure: string; readonly tracks: readonly Track[] };

/** What the recommender knows of a call besides the request, however it came. */
export interface RecommendContext {
  /** Aborts when the caller is gone or the deadline has passed. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline, as of the moment of reading. */
  readonly deadlineMs: number;
  /** Answer in full, record nothing. */
  readonly dryRun: boolean;
  /** The caller makes the tokens itself; `tokenParts` are answered in their place. */
  readonly withoutTokens?: boolean;
  readonly traceparent: string | undefined;
}

/** The recommendation service's one function, served unary and over the stream alike. */
export type Recommend = (request: UserRequest, context: RecommendContext) => Promise<Recommendation>;

const modeNames = names<FeedModeName>(FeedMode);
const reasonNames = names<ReasonName>(Reason);
const withoutNames = names<WithoutName | "unspecified">(Without);
const modeNumbers = new Map(modeNames.map((name, number) => [name, number as FeedMode]));
const reasonNumbers = new Map(reasonNames.map((name, number) => [name, number as Reason]));

export function toAnswer(recommendation: Recommendation): Answer {
  return {
    response: recommendation,
    mode: modeNumbers.get(recommendation.mode) ?? FeedMode.UNSPECIFIED,
    stamp: recommendation.stamp,
    algo: recommendation.algo,
    reasons: recommendation.reasons.map((reason) => reasonNumbers.get(reason) ?? Reason.UNSPECIFIED),
    without: (recommendation.without ?? []).map((name) => withoutNames.indexOf(name)),
    tokenParts: recommendation.tokenParts,
  };
}

/** The same with the tokens that were left to the caller to make. */
export function fromAnswerTo(request: UserRequest, answer: Answer, makeTokens: MakeTokens | undefined): Recommendation {
  const recommendation = fromAnswer(answer);
  const { tokenParts, stamp, reasons } = answer;
  if (tokenParts === undefined || makeTokens === undefined) return recommendation;
  const articles = recommendation.recommends.map(({ articleId }, index) => ({
    articleId,
    reason: reasons[index] ?? Reason.UNSPECIFIED,
    position: tokenParts.positions[index] ?? index,
  }));
  const { userId, channelId } = request;
  const { exposure, tracks } = makeTokens({ ...tokenParts, userId, channelId, stamp, articles });
  return {
    ...recommendation,
    exposure,
    recommends: articles.map(({ articleId }, index) => ({ articleId, track: tracks[index] })),
  };
}

export function fromAnswer({ response, mode, stamp, algo, reasons, without }: Answer): Recommendation {
  return {
    exposure: response?.exposure ?? "",
    timeStamp: response?.timeStamp ?? 0n,
    recommends: response?.recommends ?? [],
    mode: modeNames[mode] ?? "unspecified",
    stamp,
    algo,
    reasons: reasons.map((reason) => reasonNames[reason] ?? "unspecified"),
    ...saying(without.map((name) => withoutNames[name])),
  };
}

/** What user_recommend says beside its response. */
export function toMetadata({ mode, stamp, algo, reasons, without = [] }: Recommendation): Record<string, string> {
  return {
    "x-feed-mode": mode,
    "x-feed-stamp": String(stamp),
    "x-feed-algo": algo,
    "x-feed-reasons": reasons.join(","),
    ...(without.length > 0 && { "x-feed-without": without.join(",") }),
  };
}

export function fromMetadata(response: ArticleResponse, metadata: Metadata): Recommendation {
  const text = (key: string) => metadata.get(key)[0]?.toString() ?? "";
  const mode = text("x-feed-mode") as FeedModeName;
  const stamp = text("x-feed-stamp");
  const reasons = text("x-feed-reasons");
  return {
    exposure: response.exposure,
    timeStamp: response.timeStamp,
    recommends: response.recommends,
    mode: modeNumbers.has(mode) ? mode : "unspecified",
    stamp: /^\d{1,19}$/.test(stamp) ? BigInt(stamp) : 0n,
    algo: text("x-feed-algo"),
    reasons: reasons === "" ? [] : reasons.split(",").map(knownReason),
    ...saying(text("x-feed-without").split(",")),
  };
}

/** Names that are not known are left out, and so is a list of none. */
function saying(names: readonly (string | undefined)[]): Pick<Recommendation, "without"> {
  const without = withoutNames.filter((name) => name !== "unspecified" && names.includes(name)) as WithoutName[];
  return without.length > 0 ? { without } : {};
}

function knownReason(name: string): ReasonName {
  return reasonNumbers.has(name as ReasonName) ? (name as ReasonName) : "unspecified";
}

/** The names of a generated enum by number; a value that is added to the .proto is known here at once. */
function names<Name extends string>(generated: Record<string, string | number>): Name[] {
  const found: Name[] = [];
  for (const [name, number] of Object.entries(generated)) {
    if (typeof number === "number" && number >= 0) found[number] = name.toLowerCase() as Name;
  }
  return found;
}

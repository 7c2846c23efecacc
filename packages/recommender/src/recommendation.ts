import type { Metadata } from "@grpc/grpc-js";
import { type Answer, FeedMode, Reason, type TokenParts, Without } from "./gen/headline/recommend/v1/recommend.js";
import type { ArticleResponse, Track, UserRequest } from "./gen/user_recommend.js";

/** Mode of a page, the value of `x-feed-mode`. */
export type FeedModeName = Lowercase<Exclude<keyof typeof FeedMode, "UNRECOGNIZED">>;

/** Reason for an article, a value of `x-feed-reasons`. */
export type ReasonName = Lowercase<Exclude<keyof typeof Reason, "UNRECOGNIZED">>;

/** Facts about the reader that were not read in time for the page, the values of `x-feed-without`. */
export type WithoutName = Exclude<Lowercase<Exclude<keyof typeof Without, "UNRECOGNIZED">>, "unspecified">;

/** Page of a feed: the response of user_recommend and its metadata. */
export interface Recommendation extends ArticleResponse {
  readonly mode: FeedModeName;
  /** Stamp of the batch; 0 when there is none. */
  readonly stamp: bigint;
  /** Name of the ranking. */
  readonly algo: string;
  /** Reason of each article, in the order of the articles; empty when the server sent none. */
  readonly reasons: readonly ReasonName[];
  /** Facts about the reader that were missing; none by default. */
  readonly without?: readonly WithoutName[];
  /** Parts of the tokens, when the articles come without tokens. */
  readonly tokenParts?: TokenParts;
}

/** Parts of a page's tracking tokens, for callers that make them. */
export interface UnsignedPage extends TokenParts {
  readonly userId: bigint;
  readonly channelId: number;
  readonly stamp: bigint;
  readonly articles: readonly { readonly articleId: bigint; readonly reason: number; readonly position: number }[];
}

/** Makes the tokens of a page: one for its exposure, and those of each article in order. */
export type MakeTokens = (page: UnsignedPage) => { readonly exposure: string; readonly tracks: readonly Track[] };

/** Call of a recommendation besides its request, unary or over a stream. */
export interface RecommendContext {
  /** Aborts when the caller is gone or the deadline has passed. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline, as of the read. */
  readonly deadlineMs: number;
  /** Whether to answer in full and record nothing. */
  readonly dryRun: boolean;
  /** Whether the caller makes the tokens itself, so that `tokenParts` take their place. */
  readonly withoutTokens?: boolean;
  readonly traceparent: string | undefined;
}

/** Handler of recommendations, served unary and over streams alike. */
export type Recommend = (request: UserRequest, context: RecommendContext) => Promise<Recommendation>;

const modeNames = names<FeedModeName>(FeedMode);
const reasonNames = names<ReasonName>(Reason);
const withoutNames = names<WithoutName | "unspecified">(Without);
const modeNumbers = new Map(modeNames.map((name, number) => [name, number as FeedMode]));
const reasonNumbers = new Map(reasonNames.map((name, number) => [name, number as Reason]));

/** Converts a recommendation to its message on a stream. */
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

/** Converts a message of a stream, and makes the tokens that were left to the caller. */
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

/** Converts a message of a stream. */
export function fromAnswer({ response, mode, stamp, algo, reasons, without }: Answer): Recommendation {
  return {
    exposure: response?.exposure ?? "",
    timeStamp: response?.timeStamp ?? 0n,
    recommends: response?.recommends ?? [],
    mode: modeNames[mode] ?? "unspecified",
    stamp,
    algo,
    reasons: reasons.map((reason) => reasonNames[reason] ?? "unspecified"),
    ...withoutField(without.map((name) => withoutNames[name])),
  };
}

/** Header metadata of user_recommend. */
export function toMetadata({ mode, stamp, algo, reasons, without = [] }: Recommendation): Record<string, string> {
  return {
    "x-feed-mode": mode,
    "x-feed-stamp": String(stamp),
    "x-feed-algo": algo,
    "x-feed-reasons": reasons.join(","),
    ...(without.length > 0 && { "x-feed-without": without.join(",") }),
  };
}

/** Converts a response of user_recommend with its header metadata. */
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
    ...withoutField(text("x-feed-without").split(",")),
  };
}

/** Drops unknown names, and the field when no name is left. */
function withoutField(names: readonly (string | undefined)[]): Pick<Recommendation, "without"> {
  const without = withoutNames.filter((name) => name !== "unspecified" && names.includes(name)) as WithoutName[];
  return without.length > 0 ? { without } : {};
}

function knownReason(name: string): ReasonName {
  return reasonNumbers.has(name as ReasonName) ? (name as ReasonName) : "unspecified";
}

/** Names of a generated enum by number, so that a value that is added to the .proto is known here. */
function names<Name extends string>(generated: Record<string, string | number>): Name[] {
  const found: Name[] = [];
  for (const [name, number] of Object.entries(generated)) {
    if (typeof number === "number" && number >= 0) found[number] = name.toLowerCase() as Name;
  }
  return found;
}

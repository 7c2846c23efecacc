import type { ReasonName, Recommendation } from "@headline/recommender";
import { type BatchBinding, BatchSigner, type ServedArticle, type TrackKeys } from "@headline/track-token";
import type { Catalogue } from "../catalogue/catalogue.js";
import { REASONS } from "../feed/candidate.js";
import type { Experiments } from "../feed/experiments.js";
import type { Batch } from "../history/batch.js";
import { type BlockList, NO_BLOCKS } from "../readers/block-lists.js";
import type { FeedRequest } from "./feed-request.js";
import type { Outcome } from "./outcome.js";

/** Converts an outcome to the response. */
export type Present = (request: FeedRequest, outcome: Outcome, blockList?: BlockList) => Recommendation;

/** Lifetime of tokens after their page was sent. */
const TOKEN_TTL_S = 24 * 60 * 60;

const REASON_NAMES = new Map<number, ReasonName>(
  Object.entries(REASONS).map(([name, number]) => [number, name as ReasonName]),
);

/**
 * Signs the articles of an answer, or returns the parts of their tokens to a caller that signs; leaves out articles that were
 * deleted, disliked or blocked since they were served.
 */
export function createPresent(catalogue: Catalogue, keys: TrackKeys, experiments: Experiments): Present {
  return (request, outcome, blockList = NO_BLOCKS) => {
    const { mode, batch, nextStamp, without = [] } = outcome;
    const { name: algo, bucket } = experiments(request.userId);
    const answer = { mode, timeStamp: BigInt(nextStamp), algo, ...(without.length > 0 && { without }) };
    if (batch === undefined) return { ...answer, exposure: "", recommends: [], stamp: 0n, reasons: [] };

    const articles = shownOf(batch, outcome, blockList);
    const reasons = articles.map(({ reason }) => REASON_NAMES.get(reason) ?? "unspecified");
    const expiresAt = Math.floor(request.arrivedMs / 1_000) + TOKEN_TTL_S;
    const tokens = request.withoutTokens
      ? unsigned(articles, bucket, expiresAt, outcome.confirmable)
      : signed(articles, { ...bindingOf(request, batch), expiresAtSeconds: expiresAt, bucket }, outcome.confirmable);
    return { ...answer, ...tokens, stamp: BigInt(batch.stamp), reasons };
  };

  /** Returns the articles of a batch that are shown, each with its position in the batch. */
  function shownOf({ slots, reasons }: Batch, { isInNewerBatch }: Outcome, blockList: BlockList): ServedArticle[] {
    const shown: ServedArticle[] = [];
    for (let position = 0; position < slots.length; position += 1) {
      const slot = slots[position] as number;
      if (catalogue.isGone(slot) || isInNewerBatch?.(slot)) continue;
      const articleId = catalogue.articleId(slot);
      if (blockList.disliked.has(articleId) || blockList.blocked.has(catalogue.authorId(slot))) continue;
      shown.push({ articleId, reason: reasons[position] ?? 0, position });
    }
    return shown;
  }

  function signed(articles: readonly ServedArticle[], binding: BatchBinding, confirmable: boolean) {
    const signer = new BatchSigner(keys, binding);
    const recommends = articles.map(({ articleId, reason, position }) => ({
      articleId,
      track: signer.article(articleId, reason, position),
    }));
    return { recommends, exposure: confirmable ? signer.exposure() : "" };
  }
}

function unsigned(articles: readonly ServedArticle[], bucket: number, expiresAt: number, confirmable: boolean) {
  const isWhole = articles.every(({ position }, index) => position === index);
  const positions = isWhole ? [] : articles.map(({ position }) => position);
  const recommends = articles.map(({ articleId }) => ({ articleId, track: undefined }));
  return { recommends, exposure: "", tokenParts: { bucket, expiresAt, confirmable, positions } };
}

function bindingOf({ userId, channelId }: FeedRequest, { stamp }: Batch) {
  return { userId, channelId, stamp };
}

import type { ReasonName, Recommendation } from "@headline/rpc";
import { BatchSigner, type TrackKeys } from "@headline/track-token";
import type { Ask } from "./ask.js";
import type { Catalogue } from "./catalogue/catalogue.js";
import { REASONS } from "./feed/candidate.js";
import type { Experiments } from "./feed/experiments.js";
import type { Outcome } from "./outcome.js";
import { type Aversion, NO_AVERSION } from "./readers/aversions.js";

/** Makes the wire's answer of an outcome. */
export type Present = (ask: Ask, outcome: Outcome, aversion?: Aversion) => Recommendation;

/** How long a reader's action counts after its page was answered. */
const TOKEN_TTL_S = 24 * 60 * 60;

const REASON_NAMES = new Map<number, ReasonName>(
  Object.entries(REASONS).map(([name, number]) => [number, name as ReasonName]),
);

/** Signs what is answered, and leaves out what was deleted, or is not wanted any more, since it was served. */
export function createPresent(catalogue: Catalogue, keys: TrackKeys, experiments: Experiments): Present {
  return (
    { userId, channelId, arrivedMs },
    { mode, batch, nextStamp, confirmable, standsAbove, without = [] },
    aversion = NO_AVERSION,
  ) => {
    const { name: algo, bucket } = experiments(userId);
    const answer = { mode, timeStamp: BigInt(nextStamp), algo, ...(without.length > 0 && { without }) };
    if (batch === undefined) return { ...answer, exposure: "", recommends: [], stamp: 0n, reasons: [] };

    const expiresAtSeconds = Math.floor(arrivedMs / 1_000) + TOKEN_TTL_S;
    const signer = new BatchSigner(keys, {
      userId,
      channelId,
      stamp: batch.stamp,
      expiresAtSeconds,
      bucket,
    });
    const recommends = [];
    const reasons: ReasonName[] = [];
    for (let position = 0; position < batch.slots.length; position += 1) {
      const slot = batch.slots[position] as number;
      if (catalogue.isGone(slot) || standsAbove?.(slot)) continue;
      const articleId = catalogue.articleId(slot);
      if (aversion.disliked.has(articleId) || aversion.blocked.has(catalogue.authorId(slot))) continue;
      const reason = batch.reasons[position] ?? 0;
      recommends.push({ articleId, track: signer.article(articleId, reason, position) });
      reasons.push(REASON_NAMES.get(reason) ?? "unspecified");
    }
    return {
      ...answer,
      exposure: confirmable ? signer.exposure() : "",
      recommends,
      stamp: BigInt(batch.stamp),
      reasons,
    };
  };
}

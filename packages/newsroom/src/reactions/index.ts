export { keepPruningReceipts, pruneReceipts } from "./prune-receipts.js";
export { isCounted, isReaction, type Reaction, type ReactionKind } from "./reaction.js";
export {
  type ArticleCounts,
  type Outcome,
  type Reacted,
  type UserCounts,
  type WrittenReactions,
  writeReactions,
} from "./write-reactions.js";

export { keepPruningReceipts, pruneReceipts } from "./prune-receipts.js";
export { isCounted, isReaction, type Reaction, type ReactionKind } from "./reaction.js";
export {
  type Outcome,
  type Reacted,
  type WrittenReactions,
  writeReactions,
} from "./write-reactions.js";

export { keepPruningReceipts, pruneReceipts } from "./prune-receipts.js";
export { isCounted, isReaction, type Reaction, type ReactionKind } from "./reaction.js";
export { type BlocksAndDislikes, type Dislike, readBlocked, readBlocksAndDislikes } from "./read-blocks.js";
export { type Unblocked, unblockAuthor } from "./unblock-author.js";
export { readViewerState, type ViewerState } from "./viewer-state.js";
export {
  type Outcome,
  type Reacted,
  type WrittenReactions,
  writeReactions,
} from "./write-reactions.js";

import type { WithoutName } from "@headline/recommender";
import { type BlockList, NO_BLOCKS } from "./block-lists.js";
import { NOTHING_SEEN, type Seen } from "./seen-articles.js";

/** Facts about a reader that a page is chosen by. */
export interface ReaderFacts {
  readonly follows: ReadonlySet<bigint>;
  readonly blockList: BlockList;
  readonly seen: Seen;
  /** Facts that could not be read in time and count as empty. */
  readonly without: readonly WithoutName[];
}

/** Facts about user 0: none. */
export const ANONYMOUS: ReaderFacts = { follows: new Set(), blockList: NO_BLOCKS, seen: NOTHING_SEEN, without: [] };

type Asked<Value> = Value | Promise<Value>;
type Source<Value> = (userId: bigint) => Asked<Value>;

const NOTHING: readonly WithoutName[] = [];

interface Sources {
  readonly followsOf: Source<ReaderFacts["follows"]>;
  readonly blockListOf: Source<BlockList>;
  readonly seenBy: Source<Seen>;
}

/**
 * Reads the facts about a reader, all at once where MySQL is asked. A source that fails or is late costs the page its facts:
 * they are named in `without`, and `onUnknown` gets the error.
 */
export function readerFactsLoader({ followsOf, blockListOf, seenBy }: Sources, onUnknown: (error: unknown) => void) {
  return (userId: bigint): ReaderFacts | Promise<ReaderFacts> => {
    if (userId === 0n) return ANONYMOUS;
    const [follows, blockList, seen] = [followsOf(userId), blockListOf(userId), seenBy(userId)];
    if (!(follows instanceof Promise || blockList instanceof Promise || seen instanceof Promise))
      return { follows, blockList, seen, without: NOTHING };
    return gathered(follows, blockList, seen);
  };

  async function gathered(
    follows: Asked<ReaderFacts["follows"]>,
    blockList: Asked<BlockList>,
    seen: Asked<Seen>,
  ): Promise<ReaderFacts> {
    const without: WithoutName[] = [];
    const or = <Value>(value: Asked<Value>, nothing: Value, name: WithoutName) =>
      Promise.resolve(value).catch((error: unknown) => {
        onUnknown(error);
        without.push(name);
        return nothing;
      });
    const known = await Promise.all([
      or(follows, ANONYMOUS.follows, "follows"),
      or(blockList, NO_BLOCKS, "blocks"),
      or(seen, NOTHING_SEEN, "seen"),
    ]);
    return { follows: known[0], blockList: known[1], seen: known[2], without };
  }
}

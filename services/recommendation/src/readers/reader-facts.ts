import type { WithoutName } from "@headline/recommender";
import { type Aversion, NO_AVERSION } from "./block-lists.js";
import { NOTHING_SEEN, type Seen } from "./seen-articles.js";

/** What is known of a reader before a page is made. */
export interface KnownReader {
  readonly follows: ReadonlySet<bigint>;
  readonly aversion: Aversion;
  readonly seen: Seen;
  /** Facts that could not be read in time and count as empty. */
  readonly without: readonly WithoutName[];
}

/** Nobody in particular, of whom nothing is known. */
export const STRANGER: KnownReader = { follows: new Set(), aversion: NO_AVERSION, seen: NOTHING_SEEN, without: [] };

type Asked<Value> = Value | Promise<Value>;
type Source<Value> = (userId: bigint) => Asked<Value>;

const NOTHING: readonly WithoutName[] = [];

interface Sources {
  readonly followsOf: Source<KnownReader["follows"]>;
  readonly aversionOf: Source<Aversion>;
  readonly seenBy: Source<Seen>;
}

/**
 * Gathers what is known of a reader, everything that has to be asked for at once. A source that fails, in time or for want
 * of it, costs the page what it knows: that is named in `without`, and `onUnknown` gets the error.
 */
export function knowReaders({ followsOf, aversionOf, seenBy }: Sources, onUnknown: (error: unknown) => void) {
  return (userId: bigint): KnownReader | Promise<KnownReader> => {
    if (userId === 0n) return STRANGER;
    const [follows, aversion, seen] = [followsOf(userId), aversionOf(userId), seenBy(userId)];
    if (!(follows instanceof Promise || aversion instanceof Promise || seen instanceof Promise))
      return { follows, aversion, seen, without: NOTHING };
    return gathered(follows, aversion, seen);
  };

  async function gathered(
    follows: Asked<KnownReader["follows"]>,
    aversion: Asked<Aversion>,
    seen: Asked<Seen>,
  ): Promise<KnownReader> {
    const without: WithoutName[] = [];
    const or = <Value>(value: Asked<Value>, nothing: Value, name: WithoutName) =>
      Promise.resolve(value).catch((error: unknown) => {
        onUnknown(error);
        without.push(name);
        return nothing;
      });
    const known = await Promise.all([
      or(follows, STRANGER.follows, "follows"),
      or(aversion, NO_AVERSION, "blocks"),
      or(seen, NOTHING_SEEN, "seen"),
    ]);
    return { follows: known[0], aversion: known[1], seen: known[2], without };
  }
}

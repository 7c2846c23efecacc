import { type Aversion, NO_AVERSION } from "./aversions.js";
import { NOTHING_SEEN, type Seen } from "./seen-articles.js";

/** What is known of a reader before a page is made. */
export interface KnownReader {
  readonly follows: ReadonlySet<bigint>;
  readonly aversion: Aversion;
  readonly seen: Seen;
}

/** Nobody in particular, of whom nothing is known. */
export const STRANGER: KnownReader = { follows: new Set(), aversion: NO_AVERSION, seen: NOTHING_SEEN };

type Asked<Value> = (userId: bigint) => Value | Promise<Value>;

interface Sources {
  readonly followsOf: Asked<KnownReader["follows"]>;
  readonly aversionOf: Asked<Aversion>;
  readonly seenBy: Asked<Seen>;
}

/** Gathers what is known of a reader, everything that has to be asked for at once. None of the sources fails. */
export function knowReaders({ followsOf, aversionOf, seenBy }: Sources) {
  return (userId: bigint): KnownReader | Promise<KnownReader> => {
    if (userId === 0n) return STRANGER;
    const [follows, aversion, seen] = [followsOf(userId), aversionOf(userId), seenBy(userId)];
    if (follows instanceof Promise || aversion instanceof Promise || seen instanceof Promise)
      return Promise.all([follows, aversion, seen]).then(known);
    return { follows, aversion, seen };
  };
}

function known([follows, aversion, seen]: [KnownReader["follows"], Aversion, Seen]): KnownReader {
  return { follows, aversion, seen };
}

import { ALL_CHANNELS, type Catalogue } from "../../catalogue/catalogue.js";
import type { TitleWords } from "../../catalogue/title-words.js";
import type { Interests } from "../../readers/interests.js";
import type { FeedReader, Recall } from "../candidate.js";
import { newestFirst } from "./first-kept.js";
import { newestOfAge } from "./fresh.js";
import { type Source, takeTurns } from "./take-turns.js";

/** Interests of each kind that are followed, the articles looked at for each, and the most that each names. */
const CHANNELS = { count: 3, lookMax: 128, namedMax: Number.POSITIVE_INFINITY } as const;
const AUTHORS = { count: 8, lookMax: 16, namedMax: 3 } as const;
const WORDS = { count: 8, lookMax: 32, namedMax: 6 } as const;

interface Deps {
  readonly catalogue: Catalogue;
  readonly interests: Pick<Interests, "top">;
  readonly titleWords: Pick<TitleWords, "slotsOf">;
}

/**
 * Hot and new articles in the channels that a reader likes, the latest of the authors, and the newest with the words.
 * Looks at 1,152 articles at most, whatever there is.
 */
export function interests(deps: Deps): Recall {
  const { catalogue } = deps;
  return (reader, want, keep) => {
    const inChannel = (slot: number) =>
      (reader.channelId === ALL_CHANNELS || catalogue.channelId(slot) === reader.channelId) && keep(slot);
    return takeTurns(sourcesFor(reader, deps), want, inChannel);
  };
}

function sourcesFor(reader: FeedReader, { catalogue, interests, titleWords }: Deps): Source[] {
  const { channels, authors, words } = interests.top(reader.userId, reader.nowMs);
  // In a channel, its hot and new articles are recalled for every reader.
  const liked = reader.channelId === ALL_CHANNELS ? channels.slice(0, CHANNELS.count) : [];
  return [
    ...authors.slice(0, AUTHORS.count).flatMap(({ key }) => {
      const articles = catalogue.byAuthor(catalogue.authorUnder(key));
      return articles === undefined ? [] : [{ walk: newestFirst(articles), ...AUTHORS }];
    }),
    ...words.slice(0, WORDS.count).map(({ key }) => {
      const slots = titleWords.slotsOf(key, WORDS.lookMax);
      return { walk: { size: slots.length, at: (rank: number) => slots[rank]! }, ...WORDS };
    }),
    ...liked.flatMap(({ key }) => [
      { walk: catalogue.index(key).hot, ...CHANNELS },
      { walk: newestOfAge(catalogue, { ...reader, channelId: key }), ...CHANNELS },
    ]),
  ];
}

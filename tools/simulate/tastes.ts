import type { HiddenArticle } from "./articles.js";
import { type Chance, shuffledBy } from "./chance.js";
import type { Topic } from "./topics.js";

/** A reader's tastes, known to the simulator alone. */
export interface Taste {
  readonly reader: number;
  /** Liking of each favoured topic, from 0.6 to 1.2. */
  readonly topics: ReadonlyMap<Topic, number>;
  readonly channels: ReadonlySet<number>;
  readonly words: ReadonlySet<string>;
}

const FAVOURED_TOPICS_MAX = 3;
const WORDS_PER_TOPIC = 3;
/** A topic this far down the list of popular ones is half as popular as the first. */
const HALF_AS_POPULAR = 8;

const ODDS = { anything: -3.2, topic: 1.8, channel: 0.6, word: 0.5, quality: 0.6 };
/** Factor of an article that was read before. */
const AGAIN = 0.05;

/** A reader's taste: one to three topics, popular ones rather than others, and a few words of each. */
export function inventTaste(reader: number, topics: readonly Topic[], chance: Chance): Taste {
  const count = 1 + Math.floor(chance("taste size", reader) * FAVOURED_TOPICS_MAX);
  const favoured = shuffledBy(topics, (about, ...of) => unlikelyFor(of[1] ?? 0, chance(about, ...of)), "taste", reader)
    .slice(0, count)
    .map((topic): [Topic, number] => [topic, 0.6 + 0.6 * chance("taste strength", reader, topic.index)]);
  const words = favoured.flatMap(([topic]) =>
    shuffledBy(topic.words, chance, topic.name, reader).slice(0, WORDS_PER_TOPIC),
  );
  return {
    reader,
    topics: new Map(favoured),
    channels: new Set(favoured.map(([topic]) => topic.channelId)),
    words: new Set(words),
  };
}

/** Probability of a click on an article that is seen. */
export function clickProbability(taste: Taste, article: HiddenArticle, { clicked }: { clicked: boolean }): number {
  const byTopic = article.topic === undefined ? 0 : (taste.topics.get(article.topic) ?? 0);
  const liked = article.words.filter((word) => taste.words.has(word)).length;
  const odds =
    ODDS.anything +
    ODDS.topic * byTopic +
    (taste.channels.has(article.channelId) ? ODDS.channel : 0) +
    ODDS.word * liked +
    ODDS.quality * article.quality;
  return (clicked ? AGAIN : 1) / (1 + Math.exp(-odds));
}

/** The place of a topic among a reader's: exponential draws, the popular ones with a larger rate, so that they come first. */
function unlikelyFor(topicIndex: number, uniform: number): number {
  const rate = 1 / (1 + topicRank(topicIndex) / HALF_AS_POPULAR);
  return -Math.log(1 - uniform) / rate;
}

/** Popular topics are all over the channels: a fixed order that has nothing to do with theirs. */
function topicRank(topicIndex: number): number {
  return (topicIndex * 7) % 30;
}

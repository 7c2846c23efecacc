import { type Chance, hashOf, normal } from "./chance.js";
import type { Topic } from "./topics.js";

/** Article with its hidden properties. */
export interface HiddenArticle {
  /** The number that chance knows it by. */
  readonly key: number;
  readonly channelId: number;
  /** Undefined for an article that was there before the simulation. */
  readonly topic: Topic | undefined;
  readonly words: readonly string[];
  readonly title: string;
  /** About the standard normal distribution. */
  readonly quality: number;
}

const TITLES = [
  "{a}与{b}：{t}的一天",
  "从{a}说起，{t}里的{b}",
  "为什么{a}离不开{b}",
  "{t}观察：{a}之后，{b}之前",
  "一次关于{a}和{b}的走访",
  "{a}旁边的{b}，没有人注意到",
  "他们把{a}做成了{b}",
  "{b}的秘密藏在{a}里",
];

/** The article of this number: its topic, two of the topic's words in its title, and a quality. */
export function inventArticle(key: number, topics: readonly Topic[], chance: Chance): HiddenArticle {
  const pickFrom = <Item>(items: readonly Item[], about: string) =>
    items[Math.floor(chance(about, key) * items.length)] as Item;
  const topic = pickFrom(topics, "article topic");
  const first = pickFrom(topic.words, "article word");
  const second = pickFrom(
    topic.words.filter((word) => word !== first),
    "article second word",
  );
  const title = pickFrom(TITLES, "article title")
    .replace("{a}", first)
    .replace("{b}", second)
    .replace("{t}", topic.name);
  const quality = normal(chance, "article quality", key);
  return { key, channelId: topic.channelId, topic, words: [first, second], title, quality };
}

/** Article from another source: its quality depends on its id, its words are those that its title has. */
export function foundArticle(
  id: string,
  { title, channelId }: { title: string; channelId: number },
  topics: readonly Topic[],
  chance: Chance,
): HiddenArticle {
  const key = hashOf(`found ${id}`);
  const words = topics
    .filter((topic) => topic.channelId === channelId)
    .flatMap((topic) => topic.words.filter((word) => title.includes(word)));
  return { key, channelId, topic: undefined, words, title, quality: normal(chance, "article quality", key) };
}

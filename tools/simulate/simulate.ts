import { setTimeout as sleep } from "node:timers/promises";
import { foundArticle, type HiddenArticle, inventArticle } from "./articles.js";
import { createChance } from "./chance.js";
import { HttpClient, NoAnswer, type ServedPage } from "./http-client.js";
import { count, emptyRound, type Round } from "./measures.js";
import type { SimulationOptions } from "./options.js";
import { eventsOf } from "./page-events.js";
import { Reading } from "./reading.js";
import { oracleFeed, popularityFeed, type RivalFeed } from "./rival-feeds.js";
import { inventTaste, type Taste } from "./tastes.js";
import { TOPICS } from "./topics.js";

/** Faults that make the figures worth less. */
export interface Failures {
  refreshesFailed: number;
  uploadsFailed: number;
  eventsRefused: number;
  degraded: number;
  shortPages: number;
}

export interface Simulated {
  readonly rounds: readonly Round[];
  readonly failures: Failures;
}

interface Options extends Pick<SimulationOptions, "readers" | "rounds" | "articles" | "publish" | "paceMs" | "seed"> {
  readonly url: string;
  /** Notified when a stage begins, with its number of pages. */
  readonly onStage: (stage: string, total: number) => void;
  readonly onDone: (done: number) => void;
  /** Ends the run early; the rounds that are complete count. */
  readonly signal: AbortSignal;
}

/** A reader: their hidden taste, who they are to the system, and what they have read in each of the three feeds. */
interface SimulatedReader {
  readonly taste: Taste;
  readonly authorization: string;
  readonly signedIn: boolean;
  readonly reading: Readonly<Record<"ours" | "popularity" | "oracle", Reading>>;
}

const PER_PAGE = 10;
const SIGNED_IN_EVERY = 10;
const AUTHORS_PER_TOPIC = 1;
const AT_ONCE = 8;
/** Failed refreshes in a row after which the service counts as away. */
const FAILURES_IN_A_ROW_MAX = 50;

/** Publishes, then lets every reader refresh round by round, each page of ours beside one of each rival feed. */
export async function simulate(options: Options): Promise<Simulated> {
  const { url, seed, signal, onStage, onDone } = options;
  const client = new HttpClient(url, signal);
  const chance = createChance(seed);
  const run = `${Date.now().toString(36)}${process.pid.toString(36)}`;
  const known = new Map<string, HiddenArticle>();
  const rivals = { popularity: popularityFeed(), oracle: oracleFeed() } satisfies Record<string, RivalFeed>;
  const failures: Failures = { refreshesFailed: 0, uploadsFailed: 0, eventsRefused: 0, degraded: 0, shortPages: 0 };
  const rounds: Round[] = [];
  let failuresInARow = 0;
  let published = 0;

  const channelIds = new Set(await client.channelIds());
  const topics = TOPICS.filter(({ channelId }) => channelIds.has(channelId));
  if (topics.length === 0) throw new NoAnswer(`${url} has none of the sample's channels`);

  onStage("signing up authors and readers", options.readers);
  const authors = await inParallel(topics.length * AUTHORS_PER_TOPIC, (index) => signUp(`author-${index}`));
  const readers = await inParallel(options.readers, openReader, onDone);
  onStage("publishing", options.articles);
  await publish(options.articles, onDone);

  onStage("reading", options.readers * options.rounds);
  try {
    for (let round = 0; round < options.rounds; round += 1) rounds.push(await playRound(round));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return { rounds, failures };

  function signUp(name: string): Promise<string> {
    return client.signUp(`sim-${run}-${name}`, `simulated ${run}`);
  }

  async function openReader(index: number): Promise<SimulatedReader> {
    const taste = inventTaste(index, topics, chance);
    const signedIn = index % SIGNED_IN_EVERY === 0;
    const authorization = signedIn ? await signUp(`reader-${index}`) : `Anony sim-${run}-${index}`;
    const reading = () => new Reading(taste, chance);
    return { taste, authorization, signedIn, reading: { ours: reading(), popularity: reading(), oracle: reading() } };
  }

  async function publish(articles: number, onPublished?: (done: number) => void): Promise<void> {
    const first = published;
    published += articles;
    await inParallel(
      articles,
      async (index) => {
        const article = inventArticle(first + index, topics, chance);
        const author = authors[topics.indexOf(article.topic as (typeof topics)[number])] as string;
        const { title, words, channelId } = article;
        const content = `${title}。\n\n${words.join("、")}。`;
        learn(await client.publish(author, { title, content, channel_id: channelId }), article);
      },
      onPublished,
    );
  }

  function learn(id: string, article: HiddenArticle): HiddenArticle {
    known.set(id, article);
    for (const rival of Object.values(rivals)) rival.add(article);
    return article;
  }

  /** Readers come one after the other over the round, and the authors' new articles with them. */
  async function playRound(round: number): Promise<Round> {
    const tallies = emptyRound();
    const startedAt = performance.now();
    const publishing = publish(options.publish);
    publishing.catch(() => undefined); // awaited below
    await inParallel(
      readers.length,
      async (index) => {
        const dueAt = startedAt + (index * options.paceMs) / readers.length;
        const early = dueAt - performance.now();
        if (early > 1) await sleep(early, undefined, { signal });
        await visit(readers[index] as SimulatedReader, round, tallies);
      },
      (done) => onDone(round * readers.length + done),
    );
    await publishing;
    return tallies;
  }

  async function visit(reader: SimulatedReader, round: number, tallies: Round): Promise<void> {
    const { taste, reading } = reader;
    const page = await refresh(reader);
    if (page === undefined) return; // in no feed then, so that all have the same readers
    const articles = page.results.map((served) => known.get(served.article_id) ?? find(served));
    const looks = reading.ours.look(articles, round);
    count(tallies.ours, looks);
    for (const name of ["popularity", "oracle"] as const) {
      const rivalLooks = reading[name].look(rivals[name].page(taste, PER_PAGE), round);
      count(tallies[name], rivalLooks);
      for (const { article, clicked } of rivalLooks) if (clicked) rivals[name].clicked(article);
    }
    const shown = page.results.map((served, place) => ({ served, article: articles[place] as HiddenArticle }));
    const events = eventsOf({ shown, exposure: page.exposure, looks, mayLike: reader.signedIn, nowMs: Date.now() });
    if (events.length === 0) return;
    try {
      failures.eventsRefused += await client.upload(reader.authorization, events);
    } catch (error) {
      if (signal.aborted || !(error instanceof NoAnswer)) throw error;
      failures.uploadsFailed += 1;
    }
  }

  async function refresh({ authorization }: SimulatedReader): Promise<ServedPage | undefined> {
    try {
      const page = await client.refresh(authorization, PER_PAGE);
      failuresInARow = 0;
      if (page.degraded) failures.degraded += 1;
      if (page.results.length < PER_PAGE) failures.shortPages += 1;
      return page;
    } catch (error) {
      failuresInARow += 1;
      if (signal.aborted || !(error instanceof NoAnswer) || failuresInARow > FAILURES_IN_A_ROW_MAX) throw error;
      failures.refreshesFailed += 1;
      return undefined;
    }
  }

  /** Records an article of another author: the rivals may show it from now on, too. */
  function find({ article_id, title, channel_id }: ServedPage["results"][number]): HiddenArticle {
    return learn(article_id, foundArticle(article_id, { title, channelId: Number(channel_id) }, topics, chance));
  }
}

/** Calls `work` for 0 to count - 1, a few at once, and answers what they answered; the first failure ends it. */
async function inParallel<Result>(
  count: number,
  work: (index: number) => Promise<Result>,
  onDone: (done: number) => void = () => undefined,
): Promise<Result[]> {
  const results = new Array<Result>(count);
  let next = 0;
  let done = 0;
  let failed = false;
  const worker = async () => {
    while (next < count && !failed) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(index);
        done += 1;
        onDone(done);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

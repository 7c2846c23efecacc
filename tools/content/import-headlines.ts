import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "@headline/newsroom/changes";
import { BulkWriter, type Row } from "./bulk-writer.js";
import { addMissingChannels, type Channel, sampleChannels } from "./channels.js";
import { type Authors, importedAuthors } from "./imported-authors.js";
import type { Headline, Headlines } from "./read-headlines.js";
import { SAMPLE } from "./sample-folder.js";
import { pick, seededRandom, shuffled } from "./seeded-random.js";
import {
  type ArticleToWrite,
  addUserStatistics,
  type UserCounts,
  writeArticles,
  writeChanges,
} from "./write-articles.js";

export interface ImportOptions {
  readonly mysqlUrl: string;
  readonly file: Headlines;
  /** More than the file has: it is repeated, each time in another order. */
  readonly articles: number;
  readonly seed: number;
  readonly onProgress: (done: number) => void;
  /** Aborted: what has begun is finished, and what is there is consistent. */
  readonly signal: AbortSignal;
}

export interface Imported {
  readonly articles: number;
  readonly channelsAdded: number;
  /** Changes for running services. */
  readonly changes: readonly Change[];
}

const SPREAD_MS = 30 * 24 * 3_600_000;
const ARTICLES_PER_TRANSACTION = 2_000;
/** Connections that write at once. */
const WRITERS = 3;
/** Articles with a cover, of ten. */
const COVERED = 6;

/**
 * Imports headlines as articles of the last 30 days, in transactions that each leave every count right. What an article
 * is depends on the file and the seed alone, its age included; only the clock it is counted back from does not.
 */
export async function importHeadlines(options: ImportOptions): Promise<Imported> {
  const { mysqlUrl, file, articles, seed, onProgress, signal } = options;
  const random = seededRandom(seed);
  const writers = await Promise.all(Array.from({ length: WRITERS }, () => BulkWriter.open(mysqlUrl)));
  const [first] = writers as [BulkWriter];
  try {
    const now = await first.now();
    const channels = channelsOf(file);
    const channelsAdded = await addMissingChannels(first, channels);
    const authors = await importedAuthors(
      first,
      channels.map(({ id }) => id),
      random,
      now,
    );
    const chunks = chunksOf(articlesOf({ file, articles, authors, random, now }));
    let done = 0;
    const write = async (writer: BulkWriter) => {
      for (const chunk of chunks) {
        await writeChunk(writer, chunk);
        done += chunk.length;
        onProgress(done);
        if (signal.aborted) return;
      }
    };
    await Promise.all(writers.map(write));
    const changes = await first.transaction(() => writeChanges(first, authors.ids));
    return { articles: done, channelsAdded, changes };
  } finally {
    await Promise.all(writers.map((writer) => writer[Symbol.asyncDispose]()));
  }
}

/** The channels of the file: by the names that readers know where there are such, else by the file's. */
function channelsOf({ headlines, categoryNames }: Headlines): readonly Channel[] {
  const known = new Map(sampleChannels().map((channel) => [channel.id, channel]));
  const used = [...new Set(headlines.map(({ channelId }) => channelId))].sort((a, b) => a - b);
  return used.map((id) => {
    const name = [...(categoryNames.get(id) ?? `频道 ${id}`)].slice(0, 32).join("");
    return known.get(id) ?? { id, name, name_en: name };
  });
}

interface Plan {
  readonly file: Headlines;
  readonly articles: number;
  readonly authors: Authors;
  readonly random: () => number;
  readonly now: number;
}

/** The articles from the oldest to the newest, so that ids grow with time. */
function* articlesOf({ file, articles, authors, random, now }: Plan): Generator<ArticleToWrite> {
  const covers = readdirSync(join(SAMPLE, "public/covers")).sort();
  let order: Headline[] = [];
  for (let index = 0; index < articles; index += 1) {
    if (order.length === 0) order = shuffled(file.headlines, random);
    const headline = order.pop() as Headline;
    const age = (SPREAD_MS * (articles - index - random())) / articles;
    yield {
      authorId: authors.of(headline.channelId),
      channelId: headline.channelId,
      title: headline.title,
      content: contentOf(headline),
      cover: random() * 10 < COVERED ? [`/covers/${pick(covers, random)}`] : [],
      publishedAtMs: Math.floor(now - age),
    };
  }
}

/** Says what there is, and that there is no more. */
function contentOf({ title, source, keywords }: Headline): string {
  const lines = [
    title,
    keywords.length > 0 ? `关键词：${keywords.join("、")}。` : "",
    source === "" ? "" : `来源：${source}。`,
    "本篇由标题导入，原文未收录。",
  ];
  return lines.filter((line) => line !== "").join("\n\n");
}

function* chunksOf(articles: Generator<ArticleToWrite>): Generator<readonly ArticleToWrite[]> {
  let chunk: ArticleToWrite[] = [];
  for (const article of articles) {
    chunk.push(article);
    if (chunk.length < ARTICLES_PER_TRANSACTION) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** One transaction: articles, their contents and statistics, and what their authors have more. */
async function writeChunk(writer: BulkWriter, articles: readonly ArticleToWrite[]): Promise<void> {
  await writer.transaction(async () => {
    const version = await writer.now();
    const ids = await writeArticles(writer, articles, version);
    const statistics = ids.map((id): Row => [id, version]);
    await writer.insert("INTO article_statistics", ["article_id", "version"], statistics);
    const counts = new Map<bigint, UserCounts>();
    for (const { authorId } of articles) counts.set(authorId, { articles: (counts.get(authorId)?.articles ?? 0) + 1 });
    await addUserStatistics(writer, counts, version);
  });
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hash } from "@node-rs/argon2";
import { BulkWriter, type Row } from "./bulk-writer.js";
import { addMissingChannels, sampleChannels } from "./channels.js";
import { demo } from "./demo.js";
import { SAMPLE } from "./sample-folder.js";
import { pick, seededRandom, shuffled } from "./seeded-random.js";
import { addUserStatistics, type UserCounts, writeArticles, writeChanges } from "./write-articles.js";

interface Author {
  readonly name: string;
  readonly about: string;
  readonly channels: readonly number[];
}

interface SampleReader {
  readonly name: string;
  readonly tastes: readonly number[];
  readonly follows: readonly string[];
}

interface SampleArticle {
  readonly title: string;
  readonly author: string;
  readonly channel_id: number;
  readonly content: string;
  readonly cover: readonly string[];
  readonly hours_ago: number;
  readonly likes: number;
  readonly collects: number;
  readonly comments: number;
}

interface Pin {
  readonly title: string;
  readonly channel_id: number;
}

/** User who reads, likes and comments; authors do as well. */
interface Person {
  readonly id: bigint;
  readonly tastes: readonly number[];
}

interface Written extends SampleArticle {
  readonly id: bigint;
  readonly authorId: bigint;
  readonly publishedAtMs: number;
}

export interface LoadedSample {
  readonly articles: number;
  readonly authors: number;
  readonly readers: number;
}

const SEED = 20_261_120;
const HOUR_MS = 3_600_000;
/** Added to the odds of a reader who likes the article's channel. */
const TASTE = 0.7;

/** Loads sample/ in one transaction. Every count in it is made of rows, so that nothing needs correcting. */
export async function loadSample(mysqlUrl: string): Promise<LoadedSample> {
  const [authors, readers, articles] = [sampleAuthors(), sampleReaders(), sampleArticles()];
  const passwordHash = await hash(demo().password);
  await using writer = await BulkWriter.open(mysqlUrl);
  await writer.transaction(async () => {
    const now = await writer.now();
    await addMissingChannels(writer, sampleChannels());
    const idOf = await writeUsers(writer, [...authors, ...readers], passwordHash, now);
    const people = [
      ...authors.map(({ name, channels }): Person => ({ id: idOf(name), tastes: channels })),
      ...readers.map(({ name, tastes }): Person => ({ id: idOf(name), tastes })),
    ];
    const written = await writeSampleArticles(writer, articles, idOf, now);
    const counts = new UserCounters();
    for (const { authorId } of written) counts.add(authorId, "articles");
    await writeFollows(writer, readers, idOf, counts, now);
    await writeReactions(writer, written, people, counts, now);
    await addUserStatistics(writer, counts.byUser, now);
    await writePins(writer, written);
    await writeChanges(writer, counts.byUser.keys());
  });
  return { articles: articles.length, authors: authors.length, readers: readers.length };
}

function sampleAuthors(): readonly Author[] {
  return JSON.parse(readSample("authors.json")) as Author[];
}

function sampleReaders(): readonly SampleReader[] {
  return JSON.parse(readSample("readers.json")) as SampleReader[];
}

/** The oldest first, so that ids grow with time. */
function sampleArticles(): readonly SampleArticle[] {
  return readSample("articles.jsonl")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as SampleArticle)
    .sort((a, b) => b.hours_ago - a.hours_ago);
}

function readSample(file: string): string {
  return readFileSync(join(SAMPLE, file), "utf8");
}

async function writeUsers(
  writer: BulkWriter,
  users: readonly { name: string; about?: string }[],
  passwordHash: string,
  now: number,
): Promise<(name: string) => bigint> {
  const { names, staff } = demo();
  const createdAt = now - 60 * 24 * HOUR_MS;
  const rows = users.map(({ name, about = "" }): Row => {
    return [name, about, names.includes(name) ? passwordHash : null, name === staff ? 1 : 0, createdAt];
  });
  await writer.insert("IGNORE INTO users", ["name", "about", "password_hash", "is_staff", "created_at"], rows);
  const quoted = users.map(({ name }) => writer.escape(name)).join(",");
  const found = await writer.query<{ id: string; name: string }>(
    `SELECT id, name FROM users WHERE name IN (${quoted})`,
  );
  const ids = new Map(found.map(({ id, name }) => [name, BigInt(id)]));
  return (name) => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`sample/: ${name} is neither in authors.json nor in readers.json`);
    return id;
  };
}

async function writeSampleArticles(
  writer: BulkWriter,
  articles: readonly SampleArticle[],
  idOf: (name: string) => bigint,
  now: number,
): Promise<Written[]> {
  const toWrite = articles.map((article) => ({
    ...article,
    authorId: idOf(article.author),
    channelId: article.channel_id,
    publishedAtMs: now - Math.round(article.hours_ago * HOUR_MS),
  }));
  const ids = await writeArticles(writer, toWrite, now);
  return toWrite.map((article, index) => ({ ...article, id: ids[index] as bigint }));
}

async function writeFollows(
  writer: BulkWriter,
  readers: readonly SampleReader[],
  idOf: (name: string) => bigint,
  counts: UserCounters,
  now: number,
): Promise<void> {
  const rows = readers.flatMap(({ name, follows }) =>
    follows.map((author): Row => {
      counts.add(idOf(name), "followings");
      counts.add(idOf(author), "followers");
      return [idOf(name), idOf(author), now];
    }),
  );
  await writer.insert("INTO follows", ["user_id", "author_id", "created_at"], rows);
}

/** Likes, collects and comments by people who care for the channel rather than by others, never by the author. */
async function writeReactions(
  writer: BulkWriter,
  articles: readonly Written[],
  people: readonly Person[],
  counts: UserCounters,
  now: number,
): Promise<void> {
  const random = seededRandom(SEED);
  const texts = JSON.parse(readSample("comments.json")) as string[];
  const likes: Row[] = [];
  const collects: Row[] = [];
  const comments: Row[] = [];
  for (const article of articles) {
    const sometime = () => Math.round(article.publishedAtMs + random() * (now - article.publishedAtMs));
    for (const id of whoCares(article, people, random, article.likes)) {
      likes.push([id, article.id, sometime()]);
      counts.add(article.authorId, "likes_received");
    }
    for (const id of whoCares(article, people, random, article.collects)) collects.push([id, article.id, sometime()]);
    const said = shuffled(texts, random).slice(0, article.comments);
    const talkers = whoCares(article, people, random, article.comments);
    for (const text of said) comments.push([article.id, pick(talkers, random), text, sometime()]);
  }
  comments.sort((a, b) => Number(a[3]) - Number(b[3]));
  await writer.insert("INTO article_likes", ["user_id", "article_id", "created_at"], likes);
  await writer.insert("INTO article_collects", ["user_id", "article_id", "created_at"], collects);
  await writer.insert("INTO comments", ["article_id", "user_id", "content", "created_at"], comments);
  await writeArticleStatistics(writer, articles, { likes, collects, comments }, now);
}

function whoCares(article: Written, people: readonly Person[], random: () => number, howMany: number): bigint[] {
  return people
    .filter(({ id }) => id !== article.authorId)
    .map(({ id, tastes }) => ({ id, care: random() + (tastes.includes(article.channel_id) ? TASTE : 0) }))
    .sort((a, b) => b.care - a.care)
    .slice(0, howMany)
    .map(({ id }) => id);
}

/** Counted from the rows that were written, not from what was asked for. */
async function writeArticleStatistics(
  writer: BulkWriter,
  articles: readonly Written[],
  { likes, collects, comments }: Record<"likes" | "collects" | "comments", readonly Row[]>,
  version: number,
): Promise<void> {
  const [liked, collected, commented] = [countBy(likes, 1), countBy(collects, 1), countBy(comments, 0)];
  const rows = articles.map(({ id }): Row => {
    return [id, commented.get(id) ?? 0, liked.get(id) ?? 0, collected.get(id) ?? 0, version];
  });
  await writer.insert("INTO article_statistics", ["article_id", "comments", "likes", "collects", "version"], rows);
}

function countBy(rows: readonly Row[], column: number): Map<Row[number] | undefined, number> {
  const counts = new Map<Row[number] | undefined, number>();
  for (const row of rows) counts.set(row[column], (counts.get(row[column]) ?? 0) + 1);
  return counts;
}

async function writePins(writer: BulkWriter, articles: readonly Written[]): Promise<void> {
  const pins = JSON.parse(readSample("pinned.json")) as Pin[];
  const rows = pins.map(({ title, channel_id }, position): Row => {
    const article = articles.find((candidate) => candidate.title === title);
    if (article === undefined) throw new Error(`sample/pinned.json: no article is called ${title}`);
    return [channel_id, article.id, position];
  });
  await writer.insert("INTO pinned_articles", ["channel_id", "article_id", "position"], rows);
}

class UserCounters {
  readonly byUser = new Map<bigint, UserCounts>();

  add(userId: bigint, name: keyof UserCounts): void {
    const counts = this.byUser.get(userId) ?? {};
    counts[name] = (counts[name] ?? 0) + 1;
    this.byUser.set(userId, counts);
  }
}

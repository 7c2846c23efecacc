import { type Article, type ArticleDetail, type EventItem, Problem, type Trace } from "@headline/client";
import { signal } from "@preact/signals";
import { changeCount, knownArticle, traceOf } from "../articles/known-articles.js";
import { readStored, store } from "../device/storage.js";
import { makeEvent } from "../events/event-queue.js";
import { client, reader } from "../session/session.js";

/** Reasons for disliking an article. */
export type DislikeReason = NonNullable<EventItem["why"]>;

export type Reaction = "liking" | "collect" | "dislike" | "block";

const TOKEN_OF: Readonly<Record<Reaction, keyof Trace>> = {
  liking: "liking",
  collect: "collect",
  dislike: "click",
  block: "click",
};
const UNDO_OF = {
  liking: "unliking",
  collect: "uncollect",
  dislike: "undislike",
  block: "unblock",
} as const;
const COUNT_OF = { liking: "like_count", collect: "collect_count", dislike: undefined, block: undefined } as const;

const KEY = "headline.reactions";
const STORED_MAX = 500;

/**
 * Reactions of this reader as far as this device knows them, `liking:42`: those made here, and those of the gateway's answers.
 * Guests and readers without a network have no others.
 */
interface StoredReactions {
  readonly userId: string;
  readonly keys: readonly string[];
}

const reactions = signal<ReadonlySet<string>>(storedFor(reader.peek()?.userId));
let storedUserId = reader.peek()?.userId;
/** Reactions made here, numbered: an answer requested before one does not know it. */
const made = new Map<string, number>();
let reactionCount = 0;

reader.subscribe((next) => {
  if (next?.userId === storedUserId) return;
  storedUserId = next?.userId;
  made.clear();
  reactions.value = storedFor(storedUserId);
});

export function hasReacted(reaction: Reaction, subjectId: string): boolean {
  return reactions.value.has(`${reaction}:${subjectId}`);
}

/** Whether there is a token to react with. */
export function canReact(articleId: string): boolean {
  return traceOf(articleId) !== undefined;
}

/** Number of reactions made here; to be taken before an article is requested, for noteViewer. */
export function reactionsSoFar(): number {
  return reactionCount;
}

/** Takes the gateway's state of this reader and an article, unless a reaction was made since the request. */
export function noteViewer({ article_id, aut_id, viewer }: ArticleDetail, requestedAfter: number): void {
  if (viewer === undefined) return;
  const states = [
    [`liking:${article_id}`, viewer.liked],
    [`collect:${article_id}`, viewer.collected],
    [`dislike:${article_id}`, viewer.disliked],
    [`block:${aut_id}`, viewer.blocked_author],
  ] as const;
  for (const [key, isOn] of states) if ((made.get(key) ?? 0) <= requestedAfter) put(key, isOn);
}

/** Keeps the counts that a reaction has changed here since the article was requested. */
export function withOwnReactions<T extends Article>(article: T, requestedAfter: number): T {
  const shown = knownArticle(article.article_id);
  if (shown === undefined) return article;
  const isNewer = (reaction: Reaction) => (made.get(`${reaction}:${article.article_id}`) ?? 0) > requestedAfter;
  return {
    ...article,
    like_count: isNewer("liking") ? shown.like_count : article.like_count,
    collect_count: isNewer("collect") ? shown.collect_count : article.collect_count,
  };
}

interface ReactOptions {
  readonly undo: boolean;
  readonly subjectId?: string;
  /** Of a dislike. */
  readonly why?: DislikeReason;
}

/** Reacts, or undoes it; shown at once, and undone when the gateway refuses. @throws Problem */
export async function react(reaction: Reaction, articleId: string, options: ReactOptions): Promise<void> {
  const { undo, subjectId = articleId, why } = options;
  const token = traceOf(articleId)?.[TOKEN_OF[reaction]];
  if (token === undefined) throw new Problem("no token to react with", { status: 0, code: "NO_TOKEN" });
  show(reaction, articleId, subjectId, !undo);
  try {
    const event = makeEvent(undo ? UNDO_OF[reaction] : reaction, token, why && { why });
    await client.call("reportEvents", { body: { events: [event] } });
  } catch (error) {
    show(reaction, articleId, subjectId, undo);
    throw error;
  }
}

/** Notes that the gateway has taken a reaction back for this reader, by the id of its article or its author. */
export function noteTakenBack(reaction: Reaction, subjectId: string): void {
  show(reaction, subjectId, subjectId, false);
}

function show(reaction: Reaction, articleId: string, subjectId: string, isDone: boolean): void {
  const key = `${reaction}:${subjectId}`;
  reactionCount += 1;
  made.set(key, reactionCount);
  const count = COUNT_OF[reaction];
  if (put(key, isDone) && count !== undefined) changeCount(articleId, count, isDone ? 1 : -1);
}

/** Keeps a reaction. Returns whether that changed it. */
function put(key: string, isDone: boolean): boolean {
  if (reactions.peek().has(key) === isDone) return false;
  const next = new Set(reactions.peek());
  if (isDone) next.add(key);
  else next.delete(key);
  reactions.value = next;
  const stored: StoredReactions = { userId: storedUserId ?? "", keys: [...next].slice(-STORED_MAX) };
  store(KEY, stored);
  return true;
}

function storedFor(userId = ""): ReadonlySet<string> {
  const stored = readStored<StoredReactions>(KEY);
  return new Set(stored?.userId === userId ? stored.keys : []);
}

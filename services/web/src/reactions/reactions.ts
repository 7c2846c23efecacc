import { signal } from "@preact/signals";
import { Problem } from "../api/send.js";
import type { ArticleSummary, DislikeWhy, ReadArticle, Trace } from "../api/wire.js";
import { changeCount, knownArticle, traceOf } from "../articles/known-articles.js";
import { keep, readKept } from "../device/kept.js";
import { makeEvent } from "../events/event-queue.js";
import { ask, reader } from "../session/session.js";

export type Reaction = "liking" | "collect" | "dislike" | "block";

const TOKEN_OF: Readonly<Record<Reaction, keyof Trace>> = {
  liking: "liking",
  collect: "collect",
  dislike: "click",
  block: "click",
};
const UNDO_OF: Readonly<Record<Reaction, string>> = {
  liking: "unliking",
  collect: "uncollect",
  dislike: "undislike",
  block: "unblock",
};
const COUNT_OF = { liking: "like_count", collect: "collect_count", dislike: undefined, block: undefined } as const;

const KEPT = "headline.reactions";
const KEPT_MAX = 500;

/**
 * This reader's reactions as far as this device knows, `liking:42`: those made here, and those of the gateway's answers.
 * Guests and readers without a network have nothing else.
 */
interface Kept {
  readonly userId: string;
  readonly keys: readonly string[];
}

const mine = signal<ReadonlySet<string>>(keptFor(reader.peek()?.userId));
let keptUserId = reader.peek()?.userId;
/** Reactions made here, with their time: an answer requested earlier does not know them. */
const done = new Map<string, number>();
let deeds = 0;

reader.subscribe((next) => {
  if (next?.userId === keptUserId) return;
  keptUserId = next?.userId;
  done.clear();
  mine.value = keptFor(keptUserId);
});

export function hasReacted(reaction: Reaction, subjectId: string): boolean {
  return mine.value.has(`${reaction}:${subjectId}`);
}

/** Whether there is a token to react with. */
export function canReact(articleId: string): boolean {
  return traceOf(articleId) !== undefined;
}

/** To be asked for before the article is. */
export function deedsSoFar(): number {
  return deeds;
}

/** Takes the gateway's state of this reader and an article, unless a reaction was made since the request. */
export function noteViewer({ article_id, aut_id, viewer }: ReadArticle, askedAfter: number): void {
  if (viewer === undefined) return;
  const said = [
    [`liking:${article_id}`, viewer.liked],
    [`collect:${article_id}`, viewer.collected],
    [`dislike:${article_id}`, viewer.disliked],
    [`block:${aut_id}`, viewer.blocked_author],
  ] as const;
  for (const [key, is] of said) if ((done.get(key) ?? 0) <= askedAfter) put(key, is);
}

/** Keeps the counts that a reaction has changed here since the answer was asked for. */
export function withOwnReactions<T extends ArticleSummary>(article: T, askedAfter: number): T {
  const shown = knownArticle(article.article_id);
  if (shown === undefined) return article;
  const isNewer = (reaction: Reaction) => (done.get(`${reaction}:${article.article_id}`) ?? 0) > askedAfter;
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
  readonly why?: DislikeWhy;
}

/** Does it, or takes it back; shown at once, and taken back when the gateway refuses. @throws Problem */
export async function react(reaction: Reaction, articleId: string, options: ReactOptions): Promise<void> {
  const { undo, subjectId = articleId, why } = options;
  const token = traceOf(articleId)?.[TOKEN_OF[reaction]];
  if (token === undefined) throw new Problem({ code: "NO_TOKEN", message: "no token" });
  show(reaction, articleId, subjectId, !undo);
  try {
    const event = makeEvent(undo ? UNDO_OF[reaction] : reaction, token, why && { why });
    await ask("/events", { method: "POST", body: { events: [event] } });
  } catch (error) {
    show(reaction, articleId, subjectId, undo);
    throw error;
  }
}

function show(reaction: Reaction, articleId: string, subjectId: string, isDone: boolean): void {
  const key = `${reaction}:${subjectId}`;
  deeds += 1;
  done.set(key, deeds);
  const count = COUNT_OF[reaction];
  if (put(key, isDone) && count !== undefined) changeCount(articleId, count, isDone ? 1 : -1);
}

/** Whether that is another state than before. */
function put(key: string, isDone: boolean): boolean {
  if (mine.peek().has(key) === isDone) return false;
  const next = new Set(mine.peek());
  if (isDone) next.add(key);
  else next.delete(key);
  mine.value = next;
  const kept: Kept = { userId: keptUserId ?? "", keys: [...next].slice(-KEPT_MAX) };
  keep(KEPT, kept);
  return true;
}

function keptFor(userId = ""): ReadonlySet<string> {
  const kept = readKept<Kept>(KEPT);
  return new Set(kept?.userId === userId ? kept.keys : []);
}

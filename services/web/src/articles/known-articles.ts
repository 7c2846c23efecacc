import type { Article, FeedArticle, Trace } from "@headline/client";
import { type Signal, signal } from "@preact/signals";
import { readStored, store } from "../device/storage.js";
import { beforeReaderChanges, serverNow } from "../session/session.js";

/**
 * Articles known to this page, by the latest answer: a like on the read page shows on the card as well, and a
 * card's title stands on the read page before its text is there.
 */
const known = new Map<string, Signal<Article>>();

/** Tokens of the reader for events about an article; those of the newest batch. */
const traces = new Map<string, { readonly trace: Trace; readonly atMs: number }>();
/** Tokens are valid for a day; they are replaced shortly before. */
const TRACE_MS = 20 * 60 * 60 * 1_000;
/** Key under which the tokens of the open article survive a reload. */
const OPEN = "headline.open";

beforeReaderChanges(() => {
  traces.clear();
  store(OPEN, undefined, "sessionStorage");
});

export function noteArticle({
  article_id,
  title,
  aut_id,
  aut_name,
  channel_id,
  pubdate,
  cover,
  comment_count,
  like_count,
  collect_count,
}: Article): void {
  const summary = {
    article_id,
    title,
    aut_id,
    aut_name,
    channel_id,
    pubdate,
    cover,
    comment_count,
    like_count,
    collect_count,
  };
  const before = known.get(article_id);
  if (before === undefined) known.set(article_id, signal(summary));
  else before.value = summary;
}

/** An article as it survives a reload, with its tokens. */
export interface StoredArticle {
  readonly article: Article;
  readonly traced?: { readonly trace: Trace; readonly atMs: number } | undefined;
}

export function articlesToStore(ids: Iterable<string>): StoredArticle[] {
  return [...ids].flatMap((id) => {
    const article = known.get(id)?.peek();
    return article === undefined ? [] : { article, traced: traces.get(id) };
  });
}

export function restoreArticles(stored: readonly StoredArticle[]): void {
  for (const { article, traced } of stored) {
    noteArticle(article);
    if (traced !== undefined) traces.set(article.article_id, traced);
  }
}

export function noteServed(article: FeedArticle): void {
  noteArticle(article);
  if (article.trace.click !== "") noteTrace(article.article_id, article.trace);
}

export function noteTrace(id: string, trace: Trace): void {
  traces.set(id, { trace, atMs: serverNow() });
}

/** Takes the tokens of an article that was opened by a link; those of the feed come first, for they name the page it was opened from. */
export function noteLinkTrace(id: string, trace: Trace): void {
  if (trace.click !== "" && traceOf(id) === undefined) noteTrace(id, trace);
}

export function knownArticle(id: string): Article | undefined {
  return known.get(id)?.value;
}

export function changeCount(id: string, count: "comment_count" | "like_count" | "collect_count", by: number): void {
  const article = known.get(id);
  if (article === undefined) return;
  article.value = { ...article.value, [count]: Math.max(0, article.value[count] + by) };
}

export function traceOf(id: string): Trace | undefined {
  const known = traces.get(id) ?? storedTrace(id);
  return known !== undefined && serverNow() - known.atMs < TRACE_MS ? known.trace : undefined;
}

/** Stores the tokens of the open article. */
export function storeTraceOf(id: string): void {
  const known = traces.get(id);
  if (known !== undefined) store(OPEN, { id, ...known }, "sessionStorage");
}

function storedTrace(id: string): { trace: Trace; atMs: number } | undefined {
  const stored = readStored<{ id: string; trace: Trace; atMs: number }>(OPEN, "sessionStorage");
  return stored?.id === id ? stored : undefined;
}

import { type Signal, signal } from "@preact/signals";
import { serverNow } from "../api/server-clock.js";
import type { ArticleSummary, FedArticle, Trace } from "../api/wire.js";
import { keep, readKept } from "../device/kept.js";
import { beforeReaderChanges } from "../session/session.js";

/**
 * Articles known to this page, by the latest answer: a like on the read page shows on the card as well, and a
 * card's title stands on the read page before its text is there.
 */
const known = new Map<string, Signal<ArticleSummary>>();

/** Tokens for what the reader may do to an article; the newest batch's count. They are the reader's own. */
const traces = new Map<string, { readonly trace: Trace; readonly atMs: number }>();
/** Tokens count for a day; shortly before its end others take their place. */
const TRACE_MS = 20 * 60 * 60 * 1_000;
/** The tokens of the article being read survive a reload. */
const OPEN = "headline.open";

beforeReaderChanges(() => {
  traces.clear();
  keep(OPEN, undefined, "sessionStorage");
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
}: ArticleSummary): void {
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
export interface KeptArticle {
  readonly article: ArticleSummary;
  readonly traced?: { readonly trace: Trace; readonly atMs: number } | undefined;
}

export function keptArticles(ids: Iterable<string>): KeptArticle[] {
  return [...ids].flatMap((id) => {
    const article = known.get(id)?.peek();
    return article === undefined ? [] : { article, traced: traces.get(id) };
  });
}

export function recallArticles(kept: readonly KeptArticle[]): void {
  for (const { article, traced } of kept) {
    noteArticle(article);
    if (traced !== undefined) traces.set(article.article_id, traced);
  }
}

export function noteServed(article: FedArticle): void {
  noteArticle(article);
  if (article.trace.click !== "") noteTrace(article.article_id, article.trace);
}

export function noteTrace(id: string, trace: Trace): void {
  traces.set(id, { trace, atMs: serverNow() });
}

/** Tokens that came with the article itself: those of the feed come first, because they say which page it was opened from. */
export function noteLinkTrace(id: string, trace: Trace): void {
  if (trace.click !== "" && traceOf(id) === undefined) noteTrace(id, trace);
}

export function knownArticle(id: string): ArticleSummary | undefined {
  return known.get(id)?.value;
}

export function changeCount(id: string, count: "comment_count" | "like_count" | "collect_count", by: number): void {
  const article = known.get(id);
  if (article === undefined) return;
  article.value = { ...article.value, [count]: Math.max(0, article.value[count] + by) };
}

export function traceOf(id: string): Trace | undefined {
  const known = traces.get(id) ?? keptTrace(id);
  return known !== undefined && serverNow() - known.atMs < TRACE_MS ? known.trace : undefined;
}

/** Keeps the tokens of the article that is open. */
export function keepTraceOf(id: string): void {
  const known = traces.get(id);
  if (known !== undefined) keep(OPEN, { id, ...known }, "sessionStorage");
}

function keptTrace(id: string): { trace: Trace; atMs: number } | undefined {
  const kept = readKept<{ id: string; trace: Trace; atMs: number }>(OPEN, "sessionStorage");
  return kept?.id === id ? kept : undefined;
}

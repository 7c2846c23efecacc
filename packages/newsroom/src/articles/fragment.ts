import type { ArticleCounts } from "../statistics/index.js";
import type { Article } from "./article-store.js";
import { showWritten } from "./columns.js";

/**
 * An article's part of a page as the bytes that leave: a JSON object cut open before its closing brace, so that counts and
 * tracking can follow. It is made once per version of the article and never parsed on the way to a reader.
 */
export type Fragment = Buffer;

export function toFragment(article: Article): Fragment {
  const whole = JSON.stringify({
    article_id: String(article.articleId),
    aut_id: String(article.authorId),
    aut_name: article.authorName,
    pubdate: article.publishedAt.toISOString(),
    ...showWritten(article),
  });
  return Buffer.from(whole.slice(0, -1));
}

/** The fragment that a cache holds. Throws for bytes that would break the page they are copied into. */
export function readFragment(bytes: Uint8Array): Fragment {
  const fragment = Buffer.from(bytes);
  const article: unknown = JSON.parse(`${fragment}}`);
  const isArticle = typeof article === "object" && article !== null && !Array.isArray(article);
  const { article_id, title, cover } = (isArticle ? article : {}) as Record<string, unknown>;
  if (typeof article_id !== "string" || typeof title !== "string" || !Array.isArray(cover))
    throw new TypeError("a fragment is an article cut open at its end");
  return fragment;
}

/**
 * One article as lists show it, ready to be copied into a page: its fragment and its counts, still open at the end.
 * `{"article_id":"7",…,"comment_count":1,"like_count":2,"collect_count":3`
 */
export type Item = Buffer;

export const NO_COUNTS: ArticleCounts = { comments: 0, likes: 0, collects: 0 };

export function toItem(fragment: Fragment, { comments, likes, collects }: ArticleCounts): Item {
  const counts = `,"comment_count":${comments},"like_count":${likes},"collect_count":${collects}`;
  const item = Buffer.allocUnsafeSlow(fragment.length + counts.length);
  item.set(fragment);
  item.write(counts, fragment.length, "latin1");
  return item;
}

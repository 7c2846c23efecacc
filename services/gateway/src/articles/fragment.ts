import type { Article } from "./article-store.js";

/**
 * An article's part of a page as the bytes that leave: a JSON object cut open before its closing brace, so that counts and
 * tracking can follow. It is made once per version of the article and never parsed on the way to a reader.
 */
export type Fragment = Buffer;

export function toFragment({
  articleId,
  title,
  authorId,
  authorName,
  channelId,
  publishedAt,
  cover,
}: Article): Fragment {
  const whole = JSON.stringify({
    article_id: String(articleId),
    title,
    aut_id: String(authorId),
    aut_name: authorName,
    channel_id: String(channelId),
    pubdate: publishedAt.toISOString(),
    cover,
  });
  return Buffer.from(whole.slice(0, -1));
}

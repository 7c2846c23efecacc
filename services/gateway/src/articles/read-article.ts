import type { Mysql } from "@headline/mysql";
import { NO_COUNTS, readWaiting, toFragment, toItem, type WaitingArticle } from "@headline/newsroom/articles";
import { readViewerState } from "@headline/newsroom/reactions";
import { Refusal } from "@headline/service/errors";
import type { TrackKeys } from "@headline/track-token";
import type { z } from "zod";
import type { Reader } from "../http/authenticate.js";
import type { Call } from "../http/route.js";
import type { Blocks } from "../users/blocks.js";
import type { Article, ArticleDetail } from "./answers.js";
import type { ArticlePath } from "./article-path.js";
import type { Articles } from "./articles.js";
import { linkTrace } from "./link-trace.js";
import { presentItem, presentItems } from "./present-item.js";
import type { Similar } from "./similar.js";

type Detail = z.output<typeof ArticleDetail>;

export interface ReadingDeps {
  readonly mysql: Mysql;
  readonly keys: TrackKeys;
  readonly now: () => number;
  readonly articles: Articles;
  readonly blocks: Blocks;
  readonly similar: Similar;
  readonly onSimilarError: (error: unknown) => void;
  readonly onViewerError: (error: unknown) => void;
}

const NO_AUTHORS: ReadonlySet<bigint> = new Set();

/**
 * Reads an article with its content, counts and similar ones; for a reader also what they have done with it, and the tokens to do
 * more. An article that waits for its time is there for its author alone.
 */
export function readArticle(parts: ReadingDeps) {
  const { articles, similar, onSimilarError } = parts;
  return async ({
    reader,
    params: { id },
  }: Call<{ reader: Reader | undefined; params: ArticlePath }>): Promise<Detail> => {
    const [[item], content] = await Promise.all([articles.getMany([id]), articles.contents.get(id)]);
    if (item === undefined || content === undefined) return waiting(reader?.userId ?? 0n, id);
    const article = presentItem(item);
    return {
      ...article,
      status: "published",
      publish_at: null,
      content,
      similar: await similarTo(id, article, reader?.userId),
      ...(reader && (await forReader(reader.userId, id, BigInt(article.aut_id)))),
    };
  };

  /** To its author, an article that is not published yet. @throws Refusal NOT_FOUND */
  async function waiting(readerId: bigint, id: bigint): Promise<Detail> {
    const own = readerId > 0n ? await readWaiting(parts.mysql, readerId, id) : undefined;
    if (own === undefined) throw new Refusal("NOT_FOUND", `article ${id} does not exist`);
    return presentWaiting(own);
  }

  /** Without what they have done the article is still theirs to read. */
  async function forReader(userId: bigint, articleId: bigint, authorId: bigint) {
    const trace = linkTrace(parts.keys, userId, articleId, parts.now());
    try {
      return { trace, viewer: await readViewerState(parts.mysql, { userId, articleId, authorId }) };
    } catch (error) {
      parts.onViewerError(error);
      return { trace };
    }
  }

  /** Nice to have: an article is shown without them rather than not at all. */
  async function similarTo(
    articleId: bigint,
    { channel_id, title }: z.output<typeof Article>,
    readerId: bigint | undefined,
  ): Promise<z.output<typeof Article>[]> {
    try {
      const notBy = readerId === undefined ? NO_AUTHORS : await parts.blocks.of(readerId);
      const ids = await similar({ articleId, channelId: Number(channel_id), title, notBy });
      return presentItems(await articles.getMany(ids));
    } catch (error) {
      onSimilarError(error);
      return [];
    }
  }
}

/** As once it is published, without what only readers make. `pubdate` is when it is planned for, or was. */
function presentWaiting({ article, content, publishAt }: WaitingArticle): Detail {
  return {
    ...presentItem(toItem(toFragment(article), NO_COUNTS)),
    status: publishAt === null ? "held" : "scheduled",
    publish_at: publishAt?.toISOString() ?? null,
    content,
    similar: [],
  };
}

import type { Mysql } from "@headline/mysql";
import { NO_COUNTS, readWaiting, toFragment, toItem, type WaitingArticle } from "@headline/newsroom/articles";
import { Refusal } from "@headline/service/errors";
import type { TrackKeys } from "@headline/track-token";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { idText, read } from "../http/read.js";
import type { Blocks } from "../users/blocks.js";
import type { Articles } from "./articles.js";
import { presentItem, presentItems } from "./present-item.js";
import type { Similar } from "./similar.js";
import { linkTrace, viewerState } from "./viewer-state.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly mysql: Mysql;
  readonly keys: TrackKeys;
  readonly now: () => number;
  readonly articles: Articles;
  readonly blocks: Blocks;
  readonly similar: Similar;
  readonly onSimilarError: (error: unknown) => void;
  readonly onViewerError: (error: unknown) => void;
}

const NOBODY: ReadonlySet<bigint> = new Set();
const Path = z.object({ id: idText });

/**
 * GET /articles/:id, also of an article that waits for its time, to its author: the article with its content, counts, and similar ones; to a reader who says who they are, also what they
 * have done with it, and the tokens to do more.
 */
export function readArticle(parts: Parts): RequestHandler {
  const { articles, similar, onSimilarError } = parts;
  return async (req, res) => {
    const { id } = read(Path, req.params);
    const reader = req.headers.authorization === undefined ? undefined : await parts.authenticate.anybody(req, res);
    const [[item], content] = await Promise.all([articles.getMany([id]), articles.contents.get(id)]);
    if (item === undefined || content === undefined) return sendOk(res, await waiting(reader?.userId ?? 0n, id));
    const article = presentItem(item);
    sendOk(res, {
      ...article,
      status: "published",
      publish_at: null,
      content,
      similar: await similarTo(id, article, reader?.userId),
      ...(reader && (await forReader(reader.userId, id, BigInt(String(article["aut_id"]))))),
    });
  };

  /** To its author, an article that is not published yet. @throws Refusal NOT_FOUND */
  async function waiting(readerId: bigint, id: bigint) {
    const own = readerId > 0n ? await readWaiting(parts.mysql, readerId, id) : undefined;
    if (own === undefined) throw new Refusal("NOT_FOUND", `article ${id} does not exist`);
    return presentWaiting(own);
  }

  /** Without what they have done the article is still theirs to read. */
  async function forReader(userId: bigint, articleId: bigint, authorId: bigint) {
    const trace = linkTrace(parts.keys, userId, articleId, parts.now());
    try {
      return { trace, viewer: await viewerState(parts.mysql, { userId, articleId, authorId }) };
    } catch (error) {
      parts.onViewerError(error);
      return { trace };
    }
  }

  /** Nice to have: an article is shown without them rather than not at all. */
  async function similarTo(
    articleId: bigint,
    { channel_id, title }: Record<string, unknown>,
    readerId: bigint | undefined,
  ): Promise<readonly unknown[]> {
    try {
      const notBy = readerId === undefined ? NOBODY : await parts.blocks.of(readerId);
      const ids = await similar({ articleId, channelId: Number(channel_id), title: String(title), notBy });
      return presentItems(await articles.getMany(ids));
    } catch (error) {
      onSimilarError(error);
      return [];
    }
  }
}

/** As once it is published, without what only readers make. `pubdate` is when it is planned for, or was. */
function presentWaiting({ article, content, publishAt }: WaitingArticle) {
  return {
    ...presentItem(toItem(toFragment(article), NO_COUNTS)),
    status: publishAt === null ? "held" : "scheduled",
    publish_at: publishAt?.toISOString() ?? null,
    content,
    similar: [],
  };
}

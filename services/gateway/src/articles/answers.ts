import { z } from "zod";
import { count, id, listOf, time } from "../http/answers.js";

/** Fields that an author writes, but for the content. */
export const WrittenFields = z.object({ title: z.string(), channel_id: id, cover: z.array(z.string()) });

/** Fields of an article wherever it is shown. */
export const articleFields = {
  article_id: id,
  aut_id: id,
  aut_name: z.string(),
  ...WrittenFields.shape,
  pubdate: time,
  comment_count: count,
  like_count: count,
  collect_count: count,
};

export const Article = z.object(articleFields).meta({ id: "Article" });
export const ArticleId = z.object({ article_id: id }).meta({ id: "ArticleId" });
export const ArticleList = listOf(Article).meta({ id: "ArticleList" });

export const Trace = z
  .object({ click: z.string(), collect: z.string(), read: z.string(), liking: z.string() })
  .meta({ id: "Trace" });

export const Viewer = z
  .object({
    liked: z.boolean(),
    collected: z.boolean(),
    disliked: z.boolean(),
    blocked_author: z.boolean(),
    following: z.boolean(),
  })
  .meta({ id: "Viewer" });

const state = {
  status: z.enum(["published", "scheduled", "held"]).meta({ description: "Its author alone reads one that waits." }),
  publish_at: time.nullable(),
};

export const ArticleDetail = z
  .object({
    ...articleFields,
    ...state,
    content: z.string(),
    similar: z.array(Article),
    trace: Trace.optional().meta({ description: "To a request with a reader: proof for events about the article." }),
    viewer: Viewer.optional().meta({ description: "To a request with a reader: what they have done with it." }),
  })
  .meta({ id: "ArticleDetail" });

export const OwnArticle = z
  .object({
    article_id: id,
    ...WrittenFields.shape,
    ...state,
    pubdate: time.nullable(),
    comment_count: count,
    like_count: count,
    collect_count: count,
  })
  .meta({ id: "OwnArticle" });
export const OwnArticleList = listOf(OwnArticle).meta({ id: "OwnArticleList" });

import { z } from "zod";
import { Article } from "../articles/answers.js";
import { count, id, time, timedListOf } from "../http/answers.js";

export const ListedArticle = z
  .object({
    article_id: id,
    at: time.meta({ description: "When the reader collected, liked or last opened it." }),
    article: Article.nullable().meta({ description: "Null when it is deleted." }),
  })
  .meta({ id: "ListedArticle" });
export const ListedArticles = timedListOf(ListedArticle).meta({ id: "ListedArticles" });

export const ListedUser = z
  .object({
    user_id: id,
    name: z.string(),
    about: z.string(),
    at: time.meta({ description: "When the following or the block began." }),
    following: z.boolean().optional().meta({ description: "Whether the signed-in reader follows this user." }),
  })
  .meta({ id: "ListedUser" });
export const ListedUsers = timedListOf(ListedUser).meta({ id: "ListedUsers" });

export const Cleared = z.object({ count: count.meta({ description: "Of what is left." }) }).meta({ id: "Cleared" });
export const Unblocked = z.object({ user_id: id, blocked: z.boolean() }).meta({ id: "Unblocked" });

import { REASONS } from "@headline/recommender/reasons";
import { z } from "zod";
import { articleFields, Trace } from "../articles/answers.js";
import { count, id, ms } from "../http/answers.js";
import { PINNED } from "./page.js";

export const FeedArticle = z
  .object({
    ...articleFields,
    is_top: z.boolean(),
    reason: z.string().meta({
      description: `Why it is here: ${[...Object.keys(REASONS), PINNED].join(", ")} and others to come.`,
    }),
    trace: Trace,
  })
  .meta({ id: "FeedArticle" });

export const FeedPage = z
  .object({
    page: count,
    per_page: count,
    timestamp: ms.meta({ description: "Send it again to get this page again." }),
    pre_timestamp: ms.meta({
      description: "Send it to go on: into older pages, then new ones behind the oldest; 0 where nothing is left.",
    }),
    has_more: z.boolean(),
    exhausted: z.boolean(),
    server_time: ms,
    degraded: z.boolean(),
    exposure: z.string(),
    results: z.array(FeedArticle),
  })
  .meta({ id: "FeedPage" });

export const Updates = z.object({ channel_id: id, since: ms, count, degraded: z.boolean() }).meta({ id: "Updates" });

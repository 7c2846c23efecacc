import { z } from "zod";
import { decimal } from "../http/read.js";

const INT32_MAX = 2_147_483_647;
const PER_PAGE_MAX = 50;
const PAGE_MAX = 10_000;

/** Query of GET /articles. */
export const FeedQuery = z.object({
  channel_id: decimal({ min: 0, max: INT32_MAX }),
  page: decimal({ min: 1, max: PAGE_MAX }).optional(),
  per_page: decimal({ min: 1, max: PER_PAGE_MAX }).default(10),
  timestamp: decimal({ min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
  with_top: decimal({ min: 0, max: 1 }).default(0),
});

export type FeedQuery = z.output<typeof FeedQuery>;

import { z } from "zod";

/** Pieces of answers, as JSON has them. */

export const id = z
  .string()
  .meta({ pattern: "^(0|[1-9]\\d*)$", description: "A decimal id; larger than 2^53 where it likes." });
export const ms = z.number().meta({ type: "integer", minimum: 0, description: "Milliseconds since the epoch." });
export const time = z.string().meta({ format: "date-time" });
export const day = z.string().meta({ format: "date" });
export const count = z.number().meta({ type: "integer", minimum: 0 });

/** One page of a list: `next` goes into `before`. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ results: z.array(item), has_more: z.boolean(), next: id.nullable() });
}

/** One page of a list that is sorted by time, with the number of its entries. */
export function timedListOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    results: z.array(item),
    count: count.meta({ description: "Of all entries, hidden ones included." }),
    has_more: z.boolean(),
    next: z.string().nullable().meta({ description: "Goes into `before`." }),
  });
}

/** RFC 9457, with `code`, `request_id`, and each wrong field. */
export const ProblemDetails = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().meta({ type: "integer" }),
    detail: z.string(),
    message: z.string(),
    code: z.string(),
    request_id: z.string(),
    errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: "ProblemDetails" });

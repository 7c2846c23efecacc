import { z } from "zod";
import { count } from "../http/answers.js";

/** Results of an upload of events. */
export const EventResults = z
  .object({
    accepted: count,
    duplicates: count,
    rejected: z.array(z.object({ index: count, reason: z.string() })),
  })
  .meta({ id: "Verdicts" });

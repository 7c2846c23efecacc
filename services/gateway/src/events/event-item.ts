import { DISLIKE_WHYS, UPLOADED_KINDS } from "@headline/newsroom/events";
import { z } from "zod";
import { idValue } from "../http/read.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NO_UUID = "00000000-0000-0000-0000-000000000000";
const EVENTS_MAX = 100;
const ARTICLES_MAX = 50;
const DAY_MS = 24 * 60 * 60 * 1_000;
const LAST_DATE_MS = 8_640_000_000_000_000;
const TOKEN_CHARACTERS_MAX = 4_096;

/** Upload of events; each item is validated by itself. */
export const Upload = z.strictObject(
  {
    events: z
      .array(z.unknown(), { error: "must be a list of events" })
      .refine(({ length }) => length >= 1 && length <= EVENTS_MAX, { error: `must have 1 to ${EVENTS_MAX} events` }),
  },
  { error: "must be a JSON object" },
);

/** One item of an upload. */
export const EventItem = z
  .strictObject(
    {
      id: z
        .string({ error: "must be a UUID" })
        .refine((id) => UUID.test(id) && id !== NO_UUID, { error: "must be a UUID" })
        .meta({ format: "uuid" }),
      type: z.enum(UPLOADED_KINDS, { error: `must be one of ${UPLOADED_KINDS.join(", ")}` }),
      token: z
        .string({ error: "must be a text" })
        .max(TOKEN_CHARACTERS_MAX, { error: `must have at most ${TOKEN_CHARACTERS_MAX} characters` }),
      ts: milliseconds(LAST_DATE_MS),
      duration_ms: milliseconds(DAY_MS).optional(),
      article_ids: z
        .array(idValue, { error: "must be a list of ids" })
        .refine(({ length }) => length >= 1 && length <= ARTICLES_MAX, { error: `must have 1 to ${ARTICLES_MAX} ids` })
        .meta({ minItems: 1, maxItems: ARTICLES_MAX })
        .optional(),
      why: z.enum(DISLIKE_WHYS, { error: `must be one of ${DISLIKE_WHYS.join(", ")}` }).optional(),
    },
    { error: "must be a JSON object" },
  )
  .refine(({ type, duration_ms }) => type === "read" || duration_ms === undefined, {
    path: ["duration_ms"],
    error: "is for a read only",
  })
  .refine(({ type, article_ids }) => type === "exposure" || article_ids === undefined, {
    path: ["article_ids"],
    error: "is for an exposure only",
  })
  .refine(({ type, why }) => type === "dislike" || why === undefined, {
    path: ["why"],
    error: "is for a dislike only",
  })
  .meta({ id: "EventItem" });

export type EventItem = z.output<typeof EventItem>;

/** Upload with its items, for the document. */
export const EventUpload = Upload.extend({ events: z.array(EventItem).min(1).max(EVENTS_MAX) }).meta({
  id: "EventUpload",
});

/** Clocks of browsers have fractions of a millisecond; they are rounded off. */
function milliseconds(max: number) {
  const error = `must be milliseconds from 0 to ${max}`;
  return z
    .number({ error })
    .overwrite((ms) => Math.round(ms))
    .refine((ms) => ms >= 0 && ms <= max, { error })
    .meta({ minimum: 0, maximum: max });
}

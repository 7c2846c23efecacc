import { z } from "zod";
import type { Channels } from "../channels/channels.js";
import { idValue, invalid } from "../http/read.js";
import { body, line } from "../http/text.js";

const TITLE_CHARACTERS_MAX = 100;
const CONTENT_BYTES_MAX = 65_535;
const COVERS_MAX = 3;
const COVER_CHARACTERS_MAX = 512;

/** An http(s) URL, or a path on this site. */
const cover = line(COVER_CHARACTERS_MAX)
  .refine((url) => /^(https?:\/\/[^\s\\/]|\/(?![\\/]))[^\s\\]*$/i.test(url), {
    error: "must be an http(s) URL or a path",
  })
  .meta({ minLength: 1, maxLength: COVER_CHARACTERS_MAX, format: "uri-reference" });

const fields = {
  title: line(TITLE_CHARACTERS_MAX),
  content: body(CONTENT_BYTES_MAX),
  channel_id: idValue,
  cover: z
    .array(cover, { error: "must be a list of URLs" })
    .max(COVERS_MAX, { error: `must have at most ${COVERS_MAX} URLs` }),
};

/** Epoch ms, or ISO 8601 with `Z` or an offset. */
const publishAt = z
  .union([z.number(), z.iso.datetime({ offset: true })], {
    error: "must be a time: ms since the epoch, or ISO 8601 with an offset",
  })
  .transform((time) => (typeof time === "number" ? Math.round(time) : Date.parse(time)));

/** Article to publish. */
export const Draft = z
  .strictObject(
    { ...fields, cover: fields.cover.default([]), publish_at: publishAt.optional() },
    { error: "must be a JSON object" },
  )
  .meta({ id: "Draft" });
/** Changes to an article. */
export const Edit = z
  .strictObject({ ...fields, publish_at: publishAt.nullable() }, { error: "must be a JSON object" })
  .partial()
  .refine((edit) => Object.keys(edit).length > 0, { error: "must change something" })
  .meta({ id: "Edit" });

export type Draft = z.output<typeof Draft>;
export type Edit = z.output<typeof Edit>;

/** The channel to publish in: any but 0, which recommends from all of them. */
export function publishingChannel(channels: Channels, channelId: bigint): number {
  const channel = channels.get(Number(channelId));
  if (channel !== undefined && channel.id !== 0) return channel.id;
  throw invalid("channel_id", `${channelId} is not a channel to publish in; see GET /channels`);
}

const PUBLISH_AHEAD_MAX_MS = 365 * 24 * 60 * 60 * 1_000;

/** When to publish, epoch ms: from now on, and within a year. */
export function publishingTime(publishAtMs: number, nowMs: number): number {
  if (Number.isSafeInteger(publishAtMs) && publishAtMs > nowMs && publishAtMs <= nowMs + PUBLISH_AHEAD_MAX_MS)
    return publishAtMs;
  throw invalid("publish_at", "must be a time from now on, and within a year");
}

import { z } from "zod";
import type { Channels } from "../channels/channels.js";
import type { Reader } from "../http/authenticate.js";
import { decimal } from "../http/read.js";
import type { Call } from "../http/route.js";
import { settled } from "../orders/settled.js";
import type { ArticlePath } from "./article-path.js";
import { type Draft, type Edit, publishingChannel, publishingTime } from "./draft.js";
import type { Publisher } from "./publisher.js";

export interface PublishingDeps {
  readonly channels: Channels;
  readonly publisher: Publisher;
  readonly now: () => number;
}

export const DeleteQuery = z.object({ give_up_promotion: decimal({ min: 0, max: 1 }).default(0) });
export type DeleteQuery = z.output<typeof DeleteQuery>;

/** Commits an article, at once or for the time of `publish_at`; once for each idempotency key. */
export function publishArticle({ channels, publisher, now }: PublishingDeps) {
  return async ({ reader, body, key }: Call<{ reader: Reader; body: Draft }>) => {
    const { channel_id, publish_at, ...fields } = body;
    const time = publish_at === undefined ? {} : { publishAtMs: publish_at };
    const article = { ...fields, channelId: Number(channel_id), ...time };
    // A retry is the same article whenever it comes: only a new one needs a channel and a time that are still there.
    const mayPublish = () => {
      publishingChannel(channels, channel_id);
      if (publish_at !== undefined) publishingTime(publish_at, now());
    };
    const articleId = await publisher.publish(reader.userId, article, { key, mayPublish });
    return { article_id: String(articleId) };
  };
}

/** Commits an author's edits; `publish_at` moves a scheduled article, and null holds it back. */
export function editArticle({ channels, publisher, now }: PublishingDeps) {
  return async ({ reader, params: { id }, body, key }: Call<{ reader: Reader; params: ArticlePath; body: Edit }>) => {
    const { channel_id, publish_at, ...edit } = body;
    const moved = channel_id === undefined ? {} : { channelId: Number(channel_id) };
    const time = publish_at === undefined ? {} : { publishAtMs: publish_at };
    await publisher.edit(
      reader.userId,
      id,
      { ...withoutUndefined(edit), ...moved, ...time },
      {
        key,
        mayMoveTo: (channelId) => publishingChannel(channels, BigInt(channelId)),
        mayPublishAt: (publishAtMs) => publishingTime(publishAtMs, now()),
      },
    );
    return { article_id: String(id) };
  };
}

/** Deletes an article; again is the same. A promotion that is paid and not over has to be given up. */
export function removeArticle({ publisher }: PublishingDeps) {
  return async ({
    reader,
    params: { id },
    query,
  }: Call<{ reader: Reader; params: ArticlePath; query: DeleteQuery }>) => {
    const givesUpPromotion = query.give_up_promotion === 1;
    await settled(publisher.remove({ authorId: reader.userId, articleId: id, givesUpPromotion }));
    return { article_id: String(id) };
  };
}

function withoutUndefined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

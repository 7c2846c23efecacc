import type { WriteLimit } from "@headline/redis/limits";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Channels } from "../channels/channels.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { decimal, idText, read } from "../http/read.js";
import { idempotencyKey } from "../idempotency/idempotency-key.js";
import { settled } from "../orders/settled.js";
import { Draft, Edit, publishingChannel, publishingTime } from "./draft.js";
import type { Publisher } from "./publisher.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly channels: Channels;
  readonly publisher: Publisher;
  readonly limit: WriteLimit;
  readonly now: () => number;
}

export const ArticlePath = z.object({ id: idText });
export const DeleteQuery = z.object({ give_up_promotion: decimal({ min: 0, max: 1 }).default(0) });

/**
 * POST /articles: 201 once the article is committed; with an Idempotency-Key, again and again the same answer. With
 * `publish_at` it waits for that time.
 */
export function publishArticle({ authenticate, channels, publisher, limit, now }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    await limit({ readerId: userId, address: req.ip });
    const { title, content, cover, channel_id, publish_at } = read(Draft, req.body);
    const time = publish_at === undefined ? {} : { publishAtMs: publish_at };
    const article = { title, content, cover, channelId: Number(channel_id), ...time };
    // A retry is the same article whenever it comes: only a new one needs a channel and a time that are still there.
    const mayPublish = () => {
      publishingChannel(channels, channel_id);
      if (publish_at !== undefined) publishingTime(publish_at, now());
    };
    const articleId = await publisher.publish(userId, article, { key: idempotencyKey(req), mayPublish });
    res.setHeader("Location", `/articles/${articleId}`);
    sendOk(res, { article_id: String(articleId) }, 201);
  };
}

/** PATCH /articles/:id: the author's own edits; `publish_at` moves a scheduled article, and null holds it back. */
export function editArticle({ authenticate, channels, publisher, limit, now }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    await limit({ readerId: userId, address: req.ip });
    const { id } = read(ArticlePath, req.params);
    const { channel_id, publish_at, ...edit } = read(Edit, req.body);
    const moved = channel_id === undefined ? {} : { channelId: Number(channel_id) };
    const time = publish_at === undefined ? {} : { publishAtMs: publish_at };
    await publisher.edit(
      userId,
      id,
      { ...withoutUndefined(edit), ...moved, ...time },
      {
        key: idempotencyKey(req),
        mayMoveTo: (channelId) => publishingChannel(channels, BigInt(channelId)),
        mayPublishAt: (publishAtMs) => publishingTime(publishAtMs, now()),
      },
    );
    sendOk(res, { article_id: String(id) });
  };
}

/** DELETE /articles/:id: again is the same; 409 for one whose promotion is paid and not over, unless that is given up. */
export function removeArticle({ authenticate, publisher }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { id } = read(ArticlePath, req.params);
    const { give_up_promotion } = read(DeleteQuery, req.query);
    await settled(publisher.remove({ authorId: userId, articleId: id, givesUpPromotion: give_up_promotion === 1 }));
    sendOk(res, { article_id: String(id) });
  };
}

function withoutUndefined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

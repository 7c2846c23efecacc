import type { Request, RequestHandler } from "express";
import { z } from "zod";
import type { Channels } from "../channels/channels.js";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { idText, invalid, read } from "../http/read.js";
import { Draft, Edit, publishingChannel } from "./draft.js";
import type { Publisher } from "./publisher.js";

interface Parts {
  readonly authenticate: Authenticate;
  readonly channels: Channels;
  readonly publisher: Publisher;
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
const ArticlePath = z.object({ id: idText });

/** POST /articles: 201 once the article is committed; with an Idempotency-Key, again and again the same answer. */
export function publishArticle({ authenticate, channels, publisher }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { title, content, cover, channel_id } = read(Draft, req.body);
    const article = { title, content, cover, channelId: publishingChannel(channels, channel_id) };
    const articleId = await publisher.publish(userId, article, idempotencyKey(req));
    res.setHeader("Location", `/articles/${articleId}`);
    sendOk(res, { article_id: String(articleId) }, 201);
  };
}

/** PATCH /articles/:id: the author's own edits. */
export function editArticle({ authenticate, channels, publisher }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { id } = read(ArticlePath, req.params);
    const { channel_id, ...edit } = read(Edit, req.body);
    const moved = channel_id === undefined ? {} : { channelId: publishingChannel(channels, channel_id) };
    await publisher.edit(userId, id, { ...withoutUndefined(edit), ...moved });
    sendOk(res, { article_id: String(id) });
  };
}

/** DELETE /articles/:id */
export function removeArticle({ authenticate, publisher }: Parts): RequestHandler {
  return async (req, res) => {
    const { userId } = await authenticate.signedIn(req);
    const { id } = read(ArticlePath, req.params);
    await publisher.remove(userId, id);
    sendOk(res, { article_id: String(id) });
  };
}

function idempotencyKey(req: Request): string | undefined {
  const key = req.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && IDEMPOTENCY_KEY.test(key)) return key;
  throw invalid("Idempotency-Key", "must have 1 to 255 printable ASCII characters");
}

function withoutUndefined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

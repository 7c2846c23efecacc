import { Refusal } from "@headline/errors";
import type { RequestHandler } from "express";
import { z } from "zod";
import { sendOk } from "../http/json.js";
import { idText, read } from "../http/read.js";
import type { Articles } from "./articles.js";
import { presentItem, presentItems } from "./present-item.js";
import type { Similar } from "./similar.js";

interface Parts {
  readonly articles: Articles;
  readonly similar: Similar;
  readonly onSimilarError: (error: unknown) => void;
}

const Path = z.object({ id: idText });

/** GET /articles/:id: the article with its content, counts, and similar ones. */
export function readArticle({ articles, similar, onSimilarError }: Parts): RequestHandler {
  return async (req, res) => {
    const { id } = read(Path, req.params);
    const [[item], content] = await Promise.all([articles.getMany([id]), articles.contents.get(id)]);
    if (item === undefined || content === undefined) throw new Refusal("NOT_FOUND", `article ${id} does not exist`);
    const article = presentItem(item);
    sendOk(res, {
      ...article,
      content,
      similar: await similarTo(id, Number(article["channel_id"]), String(article["title"])),
    });
  };

  /** Nice to have: an article is shown without them rather than not at all. */
  async function similarTo(id: bigint, channelId: number, title: string): Promise<readonly unknown[]> {
    try {
      return presentItems(await articles.getMany(await similar(id, channelId, title)));
    } catch (error) {
      onSimilarError(error);
      return [];
    }
  }
}

import type { RequestHandler } from "express";
import { sendOk } from "../http/json.js";
import type { Channels } from "./channels.js";

/** GET /channels */
export function listChannels(channels: Channels): RequestHandler {
  return (_req, res) => {
    const data = channels.all().map(({ id, name, nameEn }) => ({ id: String(id), name, name_en: nameEn }));
    sendOk(res, { channels: data });
  };
}

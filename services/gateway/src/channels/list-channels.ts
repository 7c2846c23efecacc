import type { RequestHandler } from "express";
import { sendOk } from "../http/json.js";
import type { Channels } from "./channels.js";

/** GET /channels, with the names of accounts to try the site with, where there are any. */
export function listChannels(channels: Channels, demoAccounts: readonly string[] = []): RequestHandler {
  return (_req, res) => {
    const data = channels.all().map(({ id, name, nameEn }) => ({ id: String(id), name, name_en: nameEn }));
    sendOk(res, demoAccounts.length === 0 ? { channels: data } : { channels: data, demo_accounts: demoAccounts });
  };
}

import type { RequestHandler } from "express";
import { sendOk } from "../http/json.js";
import type { Channels } from "./channels.js";

interface Parts {
  readonly channels: Channels;
  readonly demoAccounts?: readonly string[] | undefined;
  readonly coverOrigins: readonly string[];
}

/** GET /channels; where there are any, with accounts to try the site with and other sites whose covers are shown. */
export function listChannels({ channels, demoAccounts = [], coverOrigins }: Parts): RequestHandler {
  return (_req, res) => {
    const data = channels.all().map(({ id, name, nameEn }) => ({ id: String(id), name, name_en: nameEn }));
    sendOk(res, {
      channels: data,
      ...(demoAccounts.length > 0 && { demo_accounts: demoAccounts }),
      ...(coverOrigins.length > 0 && { cover_origins: coverOrigins }),
    });
  };
}

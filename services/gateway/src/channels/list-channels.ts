import type { Channels } from "./channels.js";

export interface ChannelDeps {
  readonly channels: Channels;
  readonly demoAccounts?: readonly string[] | undefined;
  readonly coverOrigins: readonly string[];
}

/** Reads the channels; where there are any, with accounts to try the site with and other sites whose covers are shown. */
export function listChannels({ channels, demoAccounts = [], coverOrigins }: ChannelDeps) {
  return () => ({
    channels: channels.all().map(({ id, name, nameEn }) => ({ id: String(id), name, name_en: nameEn })),
    ...(demoAccounts.length > 0 && { demo_accounts: [...demoAccounts] }),
    ...(coverOrigins.length > 0 && { cover_origins: [...coverOrigins] }),
  });
}

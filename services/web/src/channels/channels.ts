import { asProblem, type Channel, type Problem } from "@headline/client";
import { signal } from "@preact/signals";
import { coverOrigins } from "../components/cover-origins.js";
import { readStored, store } from "../device/storage.js";
import { language } from "../language/language.js";
import { demoAccounts } from "../session/demo-accounts.js";
import { client } from "../session/session.js";

const KEY = "headline.channels";

/** Channels; those of the last visit until they are loaded. */
export const channels = signal<readonly Channel[]>(readStored<readonly Channel[]>(KEY) ?? []);
export const channelsProblem = signal<Problem | undefined>(undefined);

export async function loadChannels(): Promise<void> {
  try {
    channelsProblem.value = undefined;
    const answer = await client.call("channels");
    if (JSON.stringify(answer.channels) !== JSON.stringify(channels.peek())) channels.value = answer.channels;
    store(KEY, answer.channels);
    demoAccounts.value = answer.demo_accounts ?? [];
    coverOrigins.value = answer.cover_origins ?? [];
  } catch (error) {
    if (channels.peek().length === 0) channelsProblem.value = asProblem(error);
  }
}

export function channelName({ name, name_en }: Channel): string {
  return language.value === "zh" ? name : name_en;
}

import { signal } from "@preact/signals";
import { asProblem, type Problem, send } from "../api/send.js";
import type { Channel } from "../api/wire.js";
import { coverOrigins } from "../components/cover-origins.js";
import { keep, readKept } from "../device/kept.js";
import { language } from "../language/language.js";
import { demoAccounts } from "../session/demo-accounts.js";

interface Answer {
  readonly channels: readonly Channel[];
  readonly demo_accounts?: readonly string[];
  readonly cover_origins?: readonly string[];
}

const KEPT = "headline.channels";

/** Those of the last visit stand there at once. */
export const channels = signal<readonly Channel[]>(readKept<readonly Channel[]>(KEPT) ?? []);
export const channelsProblem = signal<Problem | undefined>(undefined);

export async function loadChannels(): Promise<void> {
  try {
    channelsProblem.value = undefined;
    const { data } = await send<Answer>("/channels");
    if (JSON.stringify(data.channels) !== JSON.stringify(channels.peek())) channels.value = data.channels;
    keep(KEPT, data.channels);
    demoAccounts.value = data.demo_accounts ?? [];
    coverOrigins.value = data.cover_origins ?? [];
  } catch (error) {
    if (channels.peek().length === 0) channelsProblem.value = asProblem(error);
  }
}

export function channelName({ name, name_en }: Channel): string {
  return language.value === "zh" ? name : name_en;
}

import { serverNow } from "../api/server-clock.js";
import type { Updates } from "../api/wire.js";
import { ask } from "../session/session.js";

/**
 * What happens elsewhere and is to be seen here. Today it asks; once the gateway pushes, its socket's `notification` and
 * `message` are told from `tellLive`, and nothing else of the application has to change.
 */
export interface LiveEvents {
  notification: unknown;
  message: unknown;
}

const UPDATES_MS = 20_000;
/** While the recommender is away, the page wants to know soon that it is back. */
const DEGRADED_MS = 4_000;

const listeners = new Map<keyof LiveEvents, Set<(event: never) => void>>();

/** Returns how to stop. */
export function onLive<Name extends keyof LiveEvents>(name: Name, tell: (event: LiveEvents[Name]) => void): () => void {
  const told = listeners.get(name) ?? new Set();
  listeners.set(name, told.add(tell));
  return () => told.delete(tell);
}

export function tellLive<Name extends keyof LiveEvents>(name: Name, event: LiveEvents[Name]): void {
  for (const tell of listeners.get(name) ?? []) tell(event as never);
}

interface WatchedChannel {
  readonly channelId: string;
  /** What was published later is news; undefined while there is nothing to compare with. */
  readonly since: () => number | undefined;
  readonly isDegraded: () => boolean;
  readonly onUpdates: (updates: Updates) => void;
}

/** Tells how many newer articles wait in a channel, while somebody looks at it. Returns how to stop. */
export function watchUpdates({ channelId, since, isDegraded, onUpdates }: WatchedChannel): () => void {
  let askedAtMs = serverNow();
  const timer = setInterval(() => void askWhenDue(), 1_000);
  return () => clearInterval(timer);

  async function askWhenDue() {
    const from = since();
    const everyMs = isDegraded() ? DEGRADED_MS : UPDATES_MS;
    if (from === undefined || document.visibilityState === "hidden" || serverNow() - askedAtMs < everyMs) return;
    askedAtMs = serverNow();
    // An answer that does not come is asked for again in a while.
    const updates = await ask<Updates>(`/articles/updates?channel_id=${channelId}&since=${from}`).catch(
      () => undefined,
    );
    if (updates !== undefined && from === since()) onUpdates(updates);
  }
}

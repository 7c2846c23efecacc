import { signal } from "@preact/signals";
import { beforeReaderChanges, reader } from "../session/session.js";
import { Feed } from "./feed.js";
import { restoreFeeds, storeFeeds } from "./stored-feeds.js";

/** Feeds of the opened channels, with their articles and scroll positions; another reader has others. */
const feeds = signal<ReadonlyMap<string, Feed>>(restoreFeeds(who()));

beforeReaderChanges(() => {
  feeds.value = new Map();
});

addEventListener("pagehide", () => storeFeeds(who(), feeds.peek().values()));

export function feedOf(channelId: string): Feed {
  const feed = feeds.value.get(channelId);
  if (feed !== undefined) return feed;
  const made = new Feed(channelId);
  (feeds.peek() as Map<string, Feed>).set(channelId, made);
  return made;
}

function who(): string {
  return reader.peek()?.userId ?? "guest";
}

import { signal } from "@preact/signals";
import { beforeReaderChanges, reader } from "../session/session.js";
import { Feed } from "./feed.js";
import { keepFeeds, recallFeeds } from "./kept-feeds.js";

/** Channels that were looked at keep their articles and their place, until another reader comes. */
const feeds = signal<ReadonlyMap<string, Feed>>(recallFeeds(who()));

beforeReaderChanges(() => {
  feeds.value = new Map();
});

addEventListener("pagehide", () => keepFeeds(who(), feeds.peek().values()));

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

import { signal } from "@preact/signals";
import { beforeReaderChanges } from "../session/session.js";
import { Feed } from "./feed.js";

/** Channels that were looked at keep their articles and their place, until another reader comes. */
const feeds = signal<ReadonlyMap<string, Feed>>(new Map());

beforeReaderChanges(() => {
  feeds.value = new Map();
});

export function feedOf(channelId: string): Feed {
  const feed = feeds.value.get(channelId);
  if (feed !== undefined) return feed;
  const made = new Feed(channelId);
  (feeds.peek() as Map<string, Feed>).set(channelId, made);
  return made;
}

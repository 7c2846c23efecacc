import type { List } from "../list.js";
import type { Listener } from "./method.js";
import type { Impression } from "./read-log.js";
import type { LogEvent } from "./timeline.js";

/** Request of a replay: to score a list before anything of its second is known. */
export type Judge = (list: List, impression: Impression) => void;

/**
 * Replays events a second at a time: first every list of the second that counts is judged, then everything of that
 * second is revealed. So nothing is scored with what happened in the same second or later.
 */
export function replay(
  events: readonly LogEvent[],
  listeners: readonly Listener[],
  judge: Judge,
  progress: (done: number, atMs: number) => void = () => undefined,
): void {
  for (let start = 0; start < events.length; ) {
    let end = start;
    while (end < events.length && events[end]!.atMs === events[start]!.atMs) end++;
    for (let at = start; at < end; at++) {
      const event = events[at]!;
      if (event.kind === "list" && event.scored) judge(listOf(event.impression), event.impression);
    }
    for (let at = start; at < end; at++) for (const listener of listeners) reveal(events[at]!, listener);
    progress(end, events[start]!.atMs);
    start = end;
  }
}

function reveal(event: LogEvent, listener: Listener): void {
  const { atMs } = event;
  if (event.kind === "list") {
    const { impression } = event;
    listener.shown(listOf(impression));
    for (const article of impression.clicked) listener.clicked({ reader: impression.reader, article, atMs });
  } else if (event.kind === "read") listener.read({ reader: event.reader, article: event.article, atMs });
  else listener.readFor({ reader: event.reader, article: event.article, atMs, seconds: event.seconds });
}

function listOf(impression: Impression): List {
  const { reader, inview, atMs, current, device, subscriber } = impression;
  return { reader, articles: inview, atMs, current, device, subscriber };
}

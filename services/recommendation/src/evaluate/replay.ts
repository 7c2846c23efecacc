import type { List } from "@headline/ranking";
import type { Listener } from "./method.js";
import type { Impression } from "./read-log.js";
import type { LogEvent } from "./timeline.js";

/** Participants of a replay. */
interface Replay {
  /** Judges a list before anything of its second is known. */
  readonly judge: (list: List, impression: Impression) => void;
  /** Learns the events of a second. */
  readonly reveal?: (events: readonly LogEvent[]) => Promise<void>;
  readonly listeners?: readonly Listener[];
  readonly progress?: (done: number, atMs: number) => void;
}

/**
 * Replays events a second at a time: first every list of the second that counts is judged, then everything of that
 * second is revealed. So nothing is scored with what happened in the same second or later.
 */
export async function replay(
  events: readonly LogEvent[],
  { judge, reveal, listeners = [], progress }: Replay,
): Promise<void> {
  for (let start = 0; start < events.length; ) {
    let end = start;
    while (end < events.length && events[end]!.atMs === events[start]!.atMs) end++;
    const second = events.slice(start, end);
    for (const event of second) {
      if (event.kind === "list" && event.scored) judge(listOf(event.impression), event.impression);
    }
    for (const event of second) for (const listener of listeners) notify(event, listener);
    await reveal?.(second);
    progress?.(end, events[start]!.atMs);
    start = end;
  }
}

function notify(event: LogEvent, listener: Listener): void {
  const { atMs } = event;
  if (event.kind === "list") {
    const { impression } = event;
    listener.shown(listOf(impression));
    for (const article of impression.clicked) listener.clicked({ reader: impression.reader, article, atMs });
  } else if (event.kind === "read") listener.read({ reader: event.reader, article: event.article, atMs });
  else listener.readFor({ reader: event.reader, article: event.article, atMs, seconds: event.seconds });
}

/** A list as the service knows it: neither the device nor what else is on the screen. */
function listOf({ reader, inview, atMs }: Impression): List {
  return { reader, articles: inview, atMs };
}

import type { Impression, Log } from "./read-log.js";

/** Something that becomes known at a moment. */
export type LogEvent =
  | { readonly kind: "list"; readonly atMs: number; readonly impression: Impression; readonly scored: boolean }
  | { readonly kind: "read"; readonly atMs: number; readonly reader: number; readonly article: number }
  | {
      readonly kind: "time read";
      readonly atMs: number;
      readonly reader: number;
      readonly article: number;
      readonly seconds: number;
    };

/** A reading of the history is the click of a list when both are this near. */
const SAME_READING_MS = 30 * 60_000;

/**
 * The events of the logs in time order. What is only known later comes later: how long an article was read is an event
 * of the moment its reading ends. Readings in two files count once.
 */
export function timeline(logs: readonly Log[], scored: (impression: Impression) => boolean): LogEvent[] {
  const events: LogEvent[] = [];
  const clicks = new ClickTimes();
  for (const { impressions } of logs) {
    for (const impression of impressions) {
      const { atMs, reader, clicked, seconds } = impression;
      events.push({ kind: "list", atMs, impression, scored: scored(impression) });
      for (const article of clicked) {
        clicks.add(reader, article, atMs);
        if (seconds !== undefined) events.push(timeRead(reader, article, atMs, seconds));
      }
    }
  }
  const reported = new Set<string>();
  for (const { readings } of logs) {
    for (const { reader, atMs, article, seconds } of readings) {
      const name = `${reader} ${article} ${atMs}`;
      if (reported.has(name) || clicks.near(reader, article, atMs)) continue;
      reported.add(name);
      events.push({ kind: "read", atMs, reader, article });
      if (seconds !== undefined) events.push(timeRead(reader, article, atMs, seconds));
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}

function timeRead(reader: number, article: number, atMs: number, seconds: number): LogEvent {
  return { kind: "time read", atMs: atMs + seconds * 1_000, reader, article, seconds };
}

class ClickTimes {
  readonly #times = new Map<string, number[]>();

  add(reader: number, article: number, atMs: number): void {
    const name = `${reader} ${article}`;
    const times = this.#times.get(name);
    if (times === undefined) this.#times.set(name, [atMs]);
    else times.push(atMs);
  }

  near(reader: number, article: number, atMs: number): boolean {
    return this.#times.get(`${reader} ${article}`)?.some((time) => Math.abs(time - atMs) <= SAME_READING_MS) ?? false;
  }
}

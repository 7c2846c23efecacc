import type { DislikeWhy, EventLog, TrackedEvent } from "@headline/newsroom/events";
import type { Reacted, Reaction } from "@headline/newsroom/reactions";
import { asRefusal, type FieldError } from "@headline/service/errors";
import type { TrackKeys } from "@headline/track-token";
import type { Reader } from "../http/authenticate.js";
import type { React } from "../reactions/reactions.js";
import { type ReadEvent, readEvent } from "./read-event.js";

interface Deps {
  readonly keys: TrackKeys;
  readonly eventLog: EventLog;
  readonly react: React;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Result for one uploaded event: accepted, duplicate, permanently rejected, or retry later. */
export type EventResult =
  | { readonly is: "accepted" }
  | { readonly is: "duplicate" }
  | { readonly is: "refused"; readonly fields: readonly FieldError[] }
  | { readonly is: "unavailable" };

/** Result of a reaction, or that MySQL is away. */
type Tried = Reacted | { readonly outcome: "unavailable"; readonly whyUndone?: undefined };

const NOT_TRIED: Tried = { outcome: "unavailable" };
const ACCEPTED: EventResult = { is: "accepted" };
const DUPLICATE: EventResult = { is: "duplicate" };
const UNAVAILABLE: EventResult = { is: "unavailable" };

/**
 * Judges each item of an upload by itself: first what it says, then what it does, at last that it happened. What is accepted
 * is durable.
 */
export function createEventValidator({ keys, eventLog, react, now, onError }: Deps) {
  return async (
    items: readonly unknown[],
    reader: Reader | undefined,
    network?: number,
  ): Promise<readonly EventResult[]> => {
    const context = { keys, reader, network, nowMs: now() };
    const results: (EventResult | undefined)[] = [];
    const valid = new Map<number, ReadEvent>();
    for (const [index, item] of items.entries()) {
      try {
        valid.set(index, readEvent(item, context));
      } catch (error) {
        results[index] = refused(error);
      }
    }
    for (const [index, { outcome, whyUndone }] of await reactAll(valid)) {
      const result = resultOf(outcome);
      const part = valid.get(index) as ReadEvent;
      // It changed something, now or when it came before, and has to be in the log.
      if (result === undefined) valid.set(index, { ...part, events: part.events.map(undoing(whyUndone)) });
      else {
        results[index] = result;
        valid.delete(index);
      }
    }
    for (const [index, result] of await appendAll(valid)) results[index] = result;
    return items.map((_, index) => results[index] ?? UNAVAILABLE);
  };

  async function reactAll(valid: ReadonlyMap<number, ReadEvent>): Promise<Map<number, Tried>> {
    const reacting = [...valid].filter((entry): entry is [number, ReadEvent & { reaction: Reaction }] => {
      return entry[1].reaction !== undefined;
    });
    try {
      const reacted = await react(reacting.map(([, { reaction }]) => reaction));
      return new Map(reacting.map(([index], at) => [index, reacted[at] ?? NOT_TRIED]));
    } catch (error) {
      if (asRefusal(error)?.code !== "UNAVAILABLE") throw error;
      onError(error);
      return new Map(reacting.map(([index]) => [index, NOT_TRIED]));
    }
  }

  async function appendAll(valid: ReadonlyMap<number, ReadEvent>): Promise<Map<number, EventResult>> {
    const parts = [...valid];
    const events: readonly TrackedEvent[] = parts.flatMap(([, part]) => part.events);
    try {
      const fresh = events.length === 0 ? [] : await eventLog.append(events);
      let from = 0;
      return new Map(
        parts.map(([index, part]) => {
          const mine = fresh.slice(from, from + part.events.length);
          from += part.events.length;
          return [index, mine.includes(true) ? ACCEPTED : DUPLICATE];
        }),
      );
    } catch (error) {
      if (asRefusal(error)?.code !== "UNAVAILABLE") throw error;
      onError(error);
      return new Map(parts.map(([index]) => [index, UNAVAILABLE]));
    }
  }
}

export type ValidateEvents = ReturnType<typeof createEventValidator>;

/** Says of the undoing of a dislike what is undone, which the client need not know. */
function undoing(why: DislikeWhy | undefined): (event: TrackedEvent) => TrackedEvent {
  return (event) => (why === undefined ? event : { ...event, why });
}

function refused(error: unknown): EventResult {
  const refusal = asRefusal(error);
  if (refusal === undefined) throw error;
  return { is: "refused", fields: refusal.fields };
}

function resultOf(outcome: Tried["outcome"]): EventResult | undefined {
  switch (outcome) {
    case "changed":
    case "known":
      return undefined;
    case "same":
      return DUPLICATE;
    case "absent":
      return { is: "refused", fields: [{ field: "token", detail: "is of an article that does not exist any more" }] };
    case "own":
      return { is: "refused", fields: [{ field: "token", detail: "is of the reader's own article" }] };
    case "unavailable":
      return UNAVAILABLE;
  }
}

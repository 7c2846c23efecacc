import { asRefusal, Refusal } from "@headline/service/errors";
import type { TrackedEvent } from "./tracked-event.js";

type Write = (events: readonly TrackedEvent[]) => Promise<readonly boolean[]>;

interface Waiting {
  readonly events: readonly TrackedEvent[];
  readonly settle: (outcome: Promise<readonly boolean[]>) => void;
}

const EVENTS_AT_ONCE = 1_000;
const WAITING_MAX = 20_000;

/** Writes what several callers bring at once together, one write after the other: the busier, the larger the writes. */
export function createGroupCommit(write: Write): Write {
  let waiting: Waiting[] = [];
  let waitingEvents = 0;
  let writing = false;

  return (events) => {
    if (waitingEvents + events.length > WAITING_MAX) {
      const full = new Refusal("UNAVAILABLE", "too many events wait to be written", { retryAfterSeconds: 1 });
      return Promise.reject(full);
    }
    waitingEvents += events.length;
    return new Promise((resolve) => {
      waiting.push({ events, settle: resolve });
      if (!writing) void writeAll();
    });
  };

  async function writeAll(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const group = nextGroup();
      const written = write(group.flatMap(({ events }) => events));
      await written.then(
        (fresh) => share(group, fresh),
        (error: unknown) => failed(group, error),
      );
    }
    writing = false;
  }

  /** Whole calls, up to a thousand events or one call that has more. */
  function nextGroup(): readonly Waiting[] {
    let size = 0;
    let calls = 0;
    for (const { events } of waiting) {
      if (calls > 0 && size + events.length > EVENTS_AT_ONCE) break;
      size += events.length;
      calls += 1;
    }
    const group = waiting.slice(0, calls);
    waiting = waiting.slice(calls);
    waitingEvents -= size;
    return group;
  }

  function share(group: readonly Waiting[], fresh: readonly boolean[]): void {
    let from = 0;
    for (const { events, settle } of group) {
      settle(Promise.resolve(fresh.slice(from, from + events.length)));
      from += events.length;
    }
  }

  /** A database that is away is away for all; what else goes wrong may be the fault of one, so each gets a write of its own. */
  async function failed(group: readonly Waiting[], error: unknown): Promise<void> {
    for (const { events, settle } of group) {
      const alone = group.length > 1 && asRefusal(error) === undefined;
      const outcome = alone ? write(events) : Promise.reject(error);
      settle(outcome);
      await outcome.catch(() => undefined); // the caller gets the rejection
    }
  }
}

import type { Change } from "@headline/newsroom/changes";
import { LRUCache } from "lru-cache";

/** A row to push to a user with a socket here. */
export interface Wanted {
  readonly userId: bigint;
  readonly id: bigint;
}

interface Parts {
  /** Whether the user has a socket here: for everybody else nothing is read. */
  readonly isHere: (userId: bigint) => boolean;
  /** By the topic of the change, whose subject is the user and whose version is the row: reads the rows and sends them. */
  readonly push: Readonly<Record<string, (wanted: readonly Wanted[]) => Promise<void>>>;
  /** By the topic of a change that concerns many users: reads its subject and sends it to those with a socket here. */
  readonly pushToMany: Readonly<Record<string, (subjectId: bigint) => Promise<void>>>;
  readonly onError: (error: unknown) => void;
}

interface Waiting {
  readonly topic: string;
  readonly wanted: Wanted;
}

/** Changes that arrive within GATHER_MS share one query. */
const GATHER_MS = 5;
const GATHER_MANY_MS = 250;
const AGAIN_MS = 500;
const AT_ONCE = 200;
/** Beyond this the oldest are let go: their clients get them when they next ask what they missed. */
const WAITING_MAX = 20_000;
/** A change comes by a message and again from the table, which is read every second. */
const TOLD_MAX = 200_000;
const TOLD_MS = 60_000;

/**
 * Learns from the change feed what was committed, by whichever process, and sends it to the sockets of this gateway: within
 * milliseconds by Redis's message, else within a second by the table. What MySQL does not answer is asked again.
 */
export class ChangePusher implements Disposable {
  readonly #told = new LRUCache<string, true>({ max: TOLD_MAX, ttl: TOLD_MS });
  readonly #many = new Map<string, { topic: string; subjectId: bigint }>();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #manyTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(private readonly parts: Parts) {}

  /** Never fails, and never waits. */
  tell(changes: readonly Change[]): void {
    const { push, pushToMany, isHere } = this.parts;
    for (const { topic, subjectId, version } of changes) {
      if (Object.hasOwn(push, topic)) {
        if (isHere(subjectId) && this.isFirst(topic, subjectId, version))
          this.#enqueue([{ topic, wanted: { userId: subjectId, id: BigInt(version) } }], GATHER_MS);
      } else if (Object.hasOwn(pushToMany, topic)) {
        this.#enqueueMany(topic, subjectId, GATHER_MANY_MS);
      }
    }
  }

  /** Whether a row was not sent to a user before, as far as is remembered; from now on it was. */
  isFirst(topic: string, userId: bigint, id: bigint | number): boolean {
    const key = `${topic} ${userId} ${id}`;
    if (this.#told.has(key)) return false;
    this.#told.set(key, true);
    return true;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#manyTimer);
  }

  #enqueue(waiting: readonly Waiting[], inMs: number): void {
    if (this.#isClosed) return;
    this.#waiting.push(...waiting);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.splice(0, this.#waiting.length - WAITING_MAX);
    this.#timer ??= setTimeout(() => void this.#flush(), inMs).unref();
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#timer = undefined;
    for (const [topic, push] of Object.entries(this.parts.push)) {
      const mine = waiting.filter((one) => one.topic === topic);
      for (let from = 0; from < mine.length; from += AT_ONCE) {
        const part = mine.slice(from, from + AT_ONCE);
        try {
          await push(part.map(({ wanted }) => wanted));
        } catch (error) {
          this.parts.onError(error);
          this.#enqueue(mine.slice(from), AGAIN_MS);
          break;
        }
      }
    }
  }

  #enqueueMany(topic: string, subjectId: bigint, inMs: number): void {
    if (this.#isClosed) return;
    this.#many.set(`${topic} ${subjectId}`, { topic, subjectId });
    this.#manyTimer ??= setTimeout(() => void this.#flushMany(), inMs).unref();
  }

  async #flushMany(): Promise<void> {
    const many = [...this.#many.values()];
    this.#many.clear();
    this.#manyTimer = undefined;
    for (const { topic, subjectId } of many) {
      try {
        await this.parts.pushToMany[topic]?.(subjectId);
      } catch (error) {
        this.parts.onError(error);
        this.#enqueueMany(topic, subjectId, AGAIN_MS);
      }
    }
  }
}

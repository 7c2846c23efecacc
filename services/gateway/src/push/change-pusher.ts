import type { Change } from "@headline/newsroom/changes";
import { LRUCache } from "lru-cache";

/** A row to push to a user with a socket here. */
export interface PushedRow {
  readonly userId: bigint;
  readonly id: bigint;
}

interface PusherDeps {
  /** True for a user with a socket here; rows of other users are not read. */
  readonly isHere: (userId: bigint) => boolean;
  /** By topic, for a change whose subject is the user and whose version is the row: reads the rows and sends them. */
  readonly push: Readonly<Record<string, (rows: readonly PushedRow[]) => Promise<void>>>;
  /** By topic, for a change that concerns many users: reads its subject and sends it to those with a socket here. */
  readonly pushToMany: Readonly<Record<string, (subjectId: bigint) => Promise<void>>>;
  readonly onError: (error: unknown) => void;
}

interface Pending {
  readonly topic: string;
  readonly row: PushedRow;
}

/** Changes that arrive within BATCH_DELAY_MS share one query. */
const BATCH_DELAY_MS = 5;
const FAN_OUT_DELAY_MS = 250;
const RETRY_MS = 500;
const BATCH_SIZE = 200;
/** Beyond this the oldest are dropped: their clients receive them with the next `catch_up`. */
const PENDING_MAX = 20_000;
/** A change comes by a message and again from the table, which is read every second. */
const SENT_MAX = 200_000;
const SENT_MS = 60_000;

/**
 * Reads committed rows that the change feed names, and sends them to the sockets of this gateway: within milliseconds by
 * Redis's message, else within a second by the table. A failed read is retried.
 */
export class ChangePusher implements Disposable {
  readonly #sent = new LRUCache<string, true>({ max: SENT_MAX, ttl: SENT_MS });
  readonly #many = new Map<string, { topic: string; subjectId: bigint }>();
  #pending: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;
  #manyTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(private readonly deps: PusherDeps) {}

  /** Enqueues the rows of these changes; never throws. */
  push(changes: readonly Change[]): void {
    const { push, pushToMany, isHere } = this.deps;
    for (const { topic, subjectId, version } of changes) {
      if (Object.hasOwn(push, topic)) {
        if (isHere(subjectId) && this.isFirst(topic, subjectId, version))
          this.#enqueue([{ topic, row: { userId: subjectId, id: BigInt(version) } }], BATCH_DELAY_MS);
      } else if (Object.hasOwn(pushToMany, topic)) {
        this.#enqueueMany(topic, subjectId, FAN_OUT_DELAY_MS);
      }
    }
  }

  /** True for a row that was not sent to the user within SENT_MS; records it as sent. */
  isFirst(topic: string, userId: bigint, id: bigint | number): boolean {
    const key = `${topic} ${userId} ${id}`;
    if (this.#sent.has(key)) return false;
    this.#sent.set(key, true);
    return true;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#manyTimer);
  }

  #enqueue(pending: readonly Pending[], inMs: number): void {
    if (this.#isClosed) return;
    this.#pending.push(...pending);
    if (this.#pending.length > PENDING_MAX) this.#pending.splice(0, this.#pending.length - PENDING_MAX);
    this.#timer ??= setTimeout(() => void this.#flush(), inMs).unref();
  }

  async #flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#timer = undefined;
    for (const [topic, push] of Object.entries(this.deps.push)) {
      const ofTopic = pending.filter((each) => each.topic === topic);
      for (let from = 0; from < ofTopic.length; from += BATCH_SIZE) {
        const batch = ofTopic.slice(from, from + BATCH_SIZE);
        try {
          await push(batch.map(({ row }) => row));
        } catch (error) {
          this.deps.onError(error);
          this.#enqueue(ofTopic.slice(from), RETRY_MS);
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
        await this.deps.pushToMany[topic]?.(subjectId);
      } catch (error) {
        this.deps.onError(error);
        this.#enqueueMany(topic, subjectId, RETRY_MS);
      }
    }
  }
}

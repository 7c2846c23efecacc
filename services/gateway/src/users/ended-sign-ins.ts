import type { Mysql } from "@headline/mysql";
import type { Change } from "@headline/newsroom/changes";
import { ACCESS_TTL_SECONDS, lateSignIns, SIGN_IN_TOPIC } from "@headline/newsroom/users";
import { retryUntil } from "@headline/service/lifecycle";
import { LRUCache } from "lru-cache";

const ENDED_MAX = 100_000;
const LOAD_AGAIN_MS = 1_000;

/** Sign-ins whose access tokens do not count any more, though their time is not over: from the change feed, and at a start from MySQL. */
export class EndedSignIns {
  readonly #ended = new LRUCache<bigint, true>({ max: ENDED_MAX, ttl: ACCESS_TTL_SECONDS * 1_000 });

  has(signInId: bigint): boolean {
    return this.#ended.has(signInId);
  }

  note(changes: readonly Change[]): void {
    for (const { topic, subjectId } of changes) if (topic === SIGN_IN_TOPIC) this.#ended.set(subjectId, true);
  }

  /** Reads those of before, again until MySQL answers. Returns a function that stops it. */
  keepLoading(mysql: Mysql, onError: (error: unknown) => void): () => void {
    const stopped = new AbortController();
    const { signal } = stopped;
    const load = () => lateSignIns(mysql, ENDED_MAX);
    void retryUntil(load, { signal, onFailure: onError, pauseMs: LOAD_AGAIN_MS }).then(
      (ids) => {
        for (const id of ids) this.#ended.set(id, true);
      },
      () => undefined, // stopped
    );
    return () => stopped.abort();
  }
}

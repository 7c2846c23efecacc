import { setImmediate as breathe } from "node:timers/promises";
import type { Mysql } from "@headline/mysql";
import { followEvents, type LandedEvent } from "@headline/newsroom/events";
import { deadline, poll, until } from "@headline/service/timing";
import type { Catalogue } from "../catalogue/catalogue.js";
import { ForestGrower } from "./forest-grower.js";
import { type EventConsumer, Learner, type LearnerDeps, RANKER_LIMITS } from "./learner.js";
import { restoring, snapshotOf } from "./learner-snapshot.js";
import { ModelStore, packModel } from "./model-store.js";

interface Deps {
  readonly mysql: Mysql;
  readonly catalogue: Catalogue;
  readonly titleWords: LearnerDeps["titleWords"];
  readonly consumers: readonly EventConsumer[];
  /** Loads what the first event needs. */
  readonly before?: (signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** Interval of snapshots, ms. */
  readonly snapshotMs?: number;
}

/** The learner of a running service. */
export interface Learning extends AsyncDisposable {
  readonly learner: Learner;
  /** Resolves when everything up to this event was learnt. */
  caughtUp(eventId: bigint, withinMs: number): Promise<boolean>;
}

interface Restored {
  readonly learner: Learner;
  readonly whole: Promise<unknown>;
}

export const MODEL_NAME = "recommender";
const SNAPSHOT_MS = 10 * 60 * 1_000;
const LOOK_MS = 30_000;
const CLOSE_MS = 2_000;
/** Events learnt in one turn of the loop: some 0.1 ms each. */
const PIECE = 20;

/** Goes on from the newest snapshot, replays what came after it, and follows live; stores a snapshot from time to time. */
export async function openLearning(deps: Deps): Promise<Learning> {
  const { mysql, catalogue, titleWords, consumers, onError, before, snapshotMs = SNAPSHOT_MS } = deps;
  const store = new ModelStore(mysql, MODEL_NAME);
  const grower = new ForestGrower(onError);
  const grow = grower.grow.bind(grower);
  const stopped = new AbortController();
  const { signal } = stopped;
  const { learner, whole } = await restored();
  let snapshot: Promise<unknown> = Promise.resolve();
  const following = follow();
  const storing = keepStoring();
  return {
    learner,
    caughtUp: (eventId, withinMs) => until(() => learner.position >= eventId, { withinMs, everyMs: 20 }),
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      await grower[Symbol.asyncDispose]();
      await deadline(Promise.all([following, storing]), CLOSE_MS).catch(() => undefined);
    },
  };

  /**
   * The learner of the newest snapshot, once it serves as it did; `whole` resolves when it can learn, too. A snapshot that cannot
   * be read costs a replay from the beginning, and never the start.
   */
  async function restored(): Promise<Restored> {
    try {
      const stored = await store.load();
      if (stored !== undefined) return await restore(stored.chunks);
    } catch (error) {
      onError(error);
    }
    return { learner: new Learner({ catalogue, titleWords, grow, consumers }), whole: Promise.resolve() };
  }

  async function restore(chunks: readonly Buffer[]): Promise<Restored> {
    const steps = restoring(chunks, { catalogue, titleWords, grow, consumers }, RANKER_LIMITS);
    for (;;) {
      const { value: learner, done } = steps.next();
      if (learner instanceof Learner) return { learner, whole: finish(steps).catch(onError) };
      if (done) throw new Error("the snapshot ends too early");
      await breathe();
    }
  }

  /** Takes what is left of a restoration, a step a turn. */
  async function finish(steps: Iterator<unknown>): Promise<void> {
    while (!signal.aborted && !steps.next().done) await breathe();
  }

  async function follow(): Promise<void> {
    await Promise.all([before?.(signal), whole]);
    await followEvents({ mysql, from: learner.position, signal, onError, onBatch: learnInPieces });
  }

  async function learnInPieces(events: readonly LandedEvent[]): Promise<void> {
    for (let from = 0; from < events.length && !signal.aborted; from += PIECE) {
      await snapshot;
      await learner.learn(events.slice(from, from + PIECE));
      await breathe();
    }
  }

  function keepStoring(): Promise<void> {
    let storedUpTo = learner.position;
    const storeWhatIsNew = async () => {
      if (learner.position === storedUpTo || !learner.isSettled) return;
      if (!(await store.claim(snapshotMs)) || !learner.isSettled) return;
      const eventId = learner.position;
      const packing = packModel(snapshotOf(learner));
      snapshot = packing.catch(() => undefined); // learning waits for it
      await store.save({ eventId, parts: await packing });
      storedUpTo = eventId;
    };
    return poll(storeWhatIsNew, { everyMs: Math.min(LOOK_MS, snapshotMs), signal, onError });
  }
}

import type { JobRecord } from "../core/job-record.js";
import type { InstanceKey } from "../core/job-store.js";
import type { ExecutionRow, JobPast } from "./memory-history.js";

/** A submission under way. */
export interface Instance {
  readonly id: string;
  job: JobRecord;
  readonly past: JobPast;
  /** Grows with each that is opened. */
  readonly order: number;
  /** The unfinished ones, in order. */
  rows: readonly ExecutionRow[];
  owner: string;
  token: number;
  leaseUntil: number;
  attempt: number;
  deliveries: number;
  offered: boolean;
  /** Held by the scheduler that dispatched it. */
  isFirstHand: boolean;
  /** Executions that are to stop. */
  cancel: Set<string> | undefined;
}

const SLOTS_MAX = 2 ** 22;
/** Tokens stay below 2^31, where V8 keeps numbers in place. */
const GENERATIONS = 2 ** 9;

/**
 * The instances under way. A token tells the slot its instance is in, so that no Map is needed to find it: a Map through
 * which things pass is rebuilt again and again, and its old tables keep alive what has passed until the next full collection.
 */
export class MemoryInstances implements Iterable<Instance> {
  readonly #instances: (Instance | undefined)[] = [];
  /** Of the slot's last token. The first is 1: a token is never 0. */
  readonly #generations: number[] = [];
  readonly #free: number[] = [];

  /** Gives the instance its first token. */
  open(instance: Instance): void {
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#instances[slot] = instance;
    this.#giveToken(instance, slot);
  }

  /** Undefined when it is not held with that token. */
  held({ instanceId, token }: InstanceKey): Instance | undefined {
    const instance = this.#instances[token % SLOTS_MAX];
    return instance !== undefined && instance.token === token && instance.id === instanceId ? instance : undefined;
  }

  /** Whoever held it does not any more. */
  renewToken(instance: Instance): void {
    this.#giveToken(instance, instance.token % SLOTS_MAX);
  }

  close({ token }: Instance): void {
    const slot = token % SLOTS_MAX;
    this.#instances[slot] = undefined;
    this.#free.push(slot);
  }

  *[Symbol.iterator](): Iterator<Instance> {
    for (const instance of this.#instances) if (instance !== undefined) yield instance;
  }

  #giveToken(instance: Instance, slot: number): void {
    const generation = (this.#generations[slot]! % (GENERATIONS - 1)) + 1;
    this.#generations[slot] = generation;
    instance.token = generation * SLOTS_MAX + slot;
  }

  #newSlot(): number {
    const slot = this.#instances.length;
    if (slot === SLOTS_MAX) throw new RangeError(`more than ${SLOTS_MAX} runs are under way`);
    this.#instances.push(undefined);
    this.#generations.push(0);
    return slot;
  }
}

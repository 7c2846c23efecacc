import type { InstanceKey } from "../core/job-store.js";
import type { Instance } from "./memory-rows.js";

const SLOTS_MAX = 2 ** 22;
/** Tokens stay below 2^31, where V8 keeps numbers in place. */
const GENERATIONS = 2 ** 9;

/**
 * Instances under way. A token contains the slot of its instance, so that no Map is needed to find it: a Map through which
 * entries pass is rebuilt again and again, and its old tables keep passed entries alive until the next full collection.
 */
export class MemoryInstances implements Iterable<Instance> {
  readonly #instances: (Instance | undefined)[] = [];
  /** Generation of each slot's last token. The first is 1: a token is never 0. */
  readonly #generations: number[] = [];
  readonly #free: number[] = [];

  /** Gives the instance its first token. */
  open(instance: Instance): void {
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#instances[slot] = instance;
    this.#giveToken(instance, slot);
  }

  /** Returns the instance that is leased with that token. */
  find({ instanceId, token }: InstanceKey): Instance | undefined {
    const instance = this.#instances[token % SLOTS_MAX];
    return instance !== undefined && instance.token === token && instance.id === instanceId ? instance : undefined;
  }

  /** Gives the instance a new token, which ends the lease of its owner. */
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

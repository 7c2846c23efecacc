const MAPS = 64;

/**
 * Slots by article id. One Map of a million entries would stop the process for 100 ms when it grows; these grow one after the
 * other, because ids do not fill them evenly.
 */
export class SlotIndex {
  readonly #maps = Array.from({ length: MAPS }, () => new Map<bigint, number>());

  get(articleId: bigint): number | undefined {
    return this.#mapOf(articleId).get(articleId);
  }

  set(articleId: bigint, slot: number): void {
    this.#mapOf(articleId).set(articleId, slot);
  }

  /** By Fibonacci hashing: the top six bits of a product with 2^32 divided by the golden ratio. */
  #mapOf(articleId: bigint): Map<bigint, number> {
    return this.#maps[Math.imul(Number(articleId) | 0, 0x9e3779b1) >>> 26] as Map<bigint, number>;
  }
}

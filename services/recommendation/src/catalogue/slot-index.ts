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

  #mapOf(articleId: bigint): Map<bigint, number> {
    return this.#maps[mixed(Number(articleId) | 0) >>> 26] as Map<bigint, number>;
  }
}

/** MurmurHash3's last step: ids in sequence fall into maps as if at random. */
function mixed(bits: number): number {
  const half = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  return Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
}

/** The articles that were on show lately, to draw examples of what else could have been shown. */
export class ActiveArticles {
  readonly #slots: number[] = [];
  readonly #places = new Map<number, number>();

  get size(): number {
    return this.#slots.length;
  }

  add(slot: number): void {
    if (this.#places.has(slot)) return;
    this.#places.set(slot, this.#slots.length);
    this.#slots.push(slot);
  }

  delete(slot: number): void {
    const place = this.#places.get(slot);
    if (place === undefined) return;
    const last = this.#slots.pop()!;
    this.#places.delete(slot);
    if (last === slot) return;
    this.#slots[place] = last;
    this.#places.set(last, place);
  }

  /** Up to `count` different slots that are still active; those that are not are dropped on the way. */
  sample(count: number, isActive: (slot: number) => boolean, random: () => number): Set<number> {
    const sampled = new Set<number>();
    for (let tries = 0; tries < 3 * count && sampled.size < count && this.#slots.length > 0; tries++) {
      const slot = this.#slots[Math.floor(random() * this.#slots.length)]!;
      if (isActive(slot)) sampled.add(slot);
      else this.delete(slot);
    }
    return sampled;
  }

  state(): number[] {
    return [...this.#slots];
  }

  restore(slots: readonly number[]): void {
    this.#slots.length = 0;
    this.#places.clear();
    for (const slot of slots) this.add(slot);
  }
}

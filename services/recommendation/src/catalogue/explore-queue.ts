/** New articles that have not been shown to enough readers yet, the one waiting longest first. */
export class ExploreQueue {
  #slots: number[] = [];
  #head = 0;

  constructor(private readonly isDone: (slot: number) => boolean) {}

  /** Still to be shown: what is done in the middle of the queue stays until what waits before it is done, too. */
  isWaiting(slot: number): boolean {
    return !this.isDone(slot);
  }

  get size(): number {
    return this.#slots.length - this.#head;
  }

  at(rank: number): number {
    return this.#slots[this.#head + rank] as number;
  }

  add(slot: number): void {
    this.#slots.push(slot);
  }

  /** Drops what is done at the front, so that it costs the next walk nothing. */
  settle(): void {
    while (this.#head < this.#slots.length && this.isDone(this.at(0))) this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head);
      this.#head = 0;
    }
  }
}

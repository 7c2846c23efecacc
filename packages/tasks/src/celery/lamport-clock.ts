/** Logical clock by which monitors order the events of several workers. */
export class LamportClock {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  /** Advances the clock for an event of this process. */
  forward(): number {
    return ++this.#value;
  }

  /** Advances the clock past that of another process. */
  adjust(other: unknown): void {
    if (typeof other === "number" && Number.isSafeInteger(other)) this.#value = Math.max(this.#value, other) + 1;
  }
}

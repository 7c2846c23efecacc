/**
 * One timer for any number of deadlines, armed for the earliest. `sweep` ends the calls that are due at `now` and returns the
 * next deadline. An answered call costs nothing: its timer finds the next deadline and is armed again.
 */
export class DeadlineSweep {
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(private readonly sweep: (now: number) => number) {}

  /** Schedules a sweep at `deadlineAt`, in performance.now() time. */
  add(deadlineAt: number): void {
    if (deadlineAt >= this.#armedFor) return;
    this.#armedFor = deadlineAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), Math.max(1, Math.ceil(deadlineAt - performance.now())));
    this.#timer.unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #run(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const next = this.sweep(performance.now());
    if (next < Number.POSITIVE_INFINITY) this.add(next);
  }
}

/**
 * One timer for any number of deadlines, armed for the earliest. `sweep` ends what is due at `now` and answers when the
 * next one is. Answered calls cost nothing here: the timer that was theirs finds the next deadline and sleeps again.
 */
export class DeadlineSweep {
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(private readonly sweep: (now: number) => number) {}

  /** Promises a sweep at `deadlineAt`, in performance.now() time. */
  note(deadlineAt: number): void {
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
    if (next < Number.POSITIVE_INFINITY) this.note(next);
  }
}

import { Refusal } from "@headline/service/errors";

/** Lifetime of a served call: deadline and cancellation. The AbortSignal is made on first use, since most handlers never use it. */
export class CallLife {
  #controller: AbortController | undefined;
  #endedBy: unknown;

  /** @param deadlineAt in performance.now() time. */
  constructor(readonly deadlineAt: number) {}

  /** In performance.now() time. */
  readonly startedAt = performance.now();

  /** Aborts when the caller is gone or the deadline has passed; the reason says which. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.ended) this.#controller.abort(this.#endedBy);
    }
    return this.#controller.signal;
  }

  /** Milliseconds that remain, as of now. */
  get deadlineMs(): number {
    return Math.max(0, this.deadlineAt - performance.now());
  }

  /** Whether it was cancelled or its deadline has passed. */
  get ended(): boolean {
    return this.#endedBy !== undefined;
  }

  /** Status it ended with before it was answered; undefined when it did not end. */
  get endedAs(): "DEADLINE_EXCEEDED" | "CANCELLED" | undefined {
    if (!this.ended) return undefined;
    return this.#endedBy instanceof Refusal ? "DEADLINE_EXCEEDED" : "CANCELLED";
  }

  /** Ends it because its deadline has passed. */
  expire(): void {
    this.#end(new Refusal("DEADLINE_EXCEEDED", "deadline exceeded"));
  }

  /** Ends it because the caller is gone. */
  cancel(): void {
    this.#end(new DOMException("the caller is gone", "AbortError"));
  }

  /** Whether an error is the consequence of this call's own end, and so neither a bug nor a response. */
  isCauseOf(error: unknown): boolean {
    if (!this.ended) return false;
    return (
      error === this.#endedBy || error instanceof Refusal || (error instanceof Error && error.name === "AbortError")
    );
  }

  #end(reason: unknown): void {
    if (this.ended) return;
    this.#endedBy = reason;
    this.#controller?.abort(reason);
  }
}

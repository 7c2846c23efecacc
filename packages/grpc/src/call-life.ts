import { Refusal } from "@headline/service/errors";

/** How long a call is wanted. Its AbortSignal is made when a handler first asks for it: most never do. */
export class CallLife {
  #controller: AbortController | undefined;
  #endedBy: unknown;

  /** @param deadlineAt in performance.now() time. */
  constructor(readonly deadlineAt: number) {}

  /** In performance.now() time. */
  readonly startedAt = performance.now();

  /** Aborts when the caller is gone or the deadline has passed. */
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

  /** Nobody waits for the answer any more. */
  get ended(): boolean {
    return this.#endedBy !== undefined;
  }

  /** How it ended before it was answered, as gRPC says it; undefined when it did not. */
  get endedAs(): "DEADLINE_EXCEEDED" | "CANCELLED" | undefined {
    if (!this.ended) return undefined;
    return this.#endedBy instanceof Refusal ? "DEADLINE_EXCEEDED" : "CANCELLED";
  }

  expire(): void {
    this.#end(new Refusal("DEADLINE_EXCEEDED", "deadline exceeded"));
  }

  cancel(): void {
    this.#end(new DOMException("the caller is gone", "AbortError"));
  }

  /** The failure is only the echo of this call's own end: not a bug, and nobody is there to be told. */
  explains(error: unknown): boolean {
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

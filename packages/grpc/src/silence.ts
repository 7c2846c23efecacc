/**
 * Detects a silent peer: calls have been pending for `silenceMs`, some failed, and none succeeded. A slow peer whose calls
 * still succeed is not silent, nor is one without calls.
 */
export class Silence {
  #pending = 0;
  #since = 0;
  #hasFailed = false;

  constructor(private readonly silenceMs: number) {}

  /** A call began. */
  began(now: number): void {
    if (this.#pending++ === 0 && !this.#hasFailed) this.#since = now;
  }

  /** Data came from the peer. */
  received(now: number): void {
    this.#since = now;
    this.#hasFailed = false;
  }

  /** A call was answered, with a refusal perhaps. */
  answered(now: number): void {
    this.#pending--;
    this.received(now);
  }

  /** A call failed without an answer of the peer. */
  failed(): void {
    this.#pending--;
    this.#hasFailed = true;
  }

  /** A call was cancelled here, which says nothing about the peer. */
  cancelled(): void {
    this.#pending--;
  }

  isSilent(now: number): boolean {
    return this.#hasFailed && now - this.#since >= this.silenceMs;
  }

  /** The connection is new. */
  reset(now: number): void {
    this.received(now);
  }
}

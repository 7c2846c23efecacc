/**
 * Notices a peer that has gone quiet: calls have been waiting for it since `silenceMs`, some of them failed, and none
 * succeeded. A slow peer whose calls still succeed is not silent, nor is one that nobody asks.
 */
export class Silence {
  #waiting = 0;
  #since = 0;
  #lost = false;

  constructor(private readonly silenceMs: number) {}

  asked(now: number): void {
    if (this.#waiting++ === 0 && !this.#lost) this.#since = now;
  }

  /** Something came back: the peer is there. */
  heard(now: number): void {
    this.#since = now;
    this.#lost = false;
  }

  answered(now: number): void {
    this.#waiting--;
    this.heard(now);
  }

  lost(): void {
    this.#waiting--;
    this.#lost = true;
  }

  /** Who stopped waiting for reasons of their own says nothing about the peer. */
  left(): void {
    this.#waiting--;
  }

  silent(now: number): boolean {
    return this.#lost && now - this.#since >= this.silenceMs;
  }

  reset(now: number): void {
    this.heard(now);
  }
}

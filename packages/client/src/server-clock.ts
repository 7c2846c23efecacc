/** Resolution of a `Date` header. */
const SECOND_MS = 1_000;

/** The gateway's clock: a device's own may be wrong, and with an old timestamp it would get old pages. */
export class ServerClock {
  #aheadMs = 0;

  /** Milliseconds since the epoch, for the gateway. */
  now(): number {
    return Math.round(Date.now() + this.#aheadMs);
  }

  /**
   * Corrects the clock by an answer, which was made between `sentAtMs` and now: by its `server_time`, else by its `Date`. A clock
   * that fits is left as it is, so that the time of an answer on its way does not count as a wrong clock.
   */
  note(sentAtMs: number, serverTime: unknown, date: string | null): void {
    const isExact = typeof serverTime === "number";
    const fromMs = isExact ? serverTime : Date.parse(date ?? "");
    if (Number.isNaN(fromMs)) return;
    const earliestMs = fromMs - Date.now();
    const latestMs = fromMs + (isExact ? 0 : SECOND_MS) - sentAtMs;
    this.#aheadMs = Math.min(Math.max(this.#aheadMs, earliestMs), latestMs);
  }
}

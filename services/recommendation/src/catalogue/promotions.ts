import type { Mysql } from "@headline/mysql";
import { activePromotions, type Promotion } from "@headline/newsroom/orders";
import { poll } from "@headline/service/timing";

const REFRESH_MS = 30_000;

/** Paid articles, in memory: read when one is paid, and from time to time. */
export class Promotions {
  #paid: readonly Promotion[] = [];

  constructor(private readonly mysql: Mysql) {}

  /** Those on at that moment. */
  on(nowMs: number): readonly Promotion[] {
    return this.#paid.filter(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs);
  }

  async load(): Promise<void> {
    this.#paid = await activePromotions(this.mysql);
  }

  /** Reads them again from time to time until the returned function is called. */
  keepLoading(onError: (error: unknown) => void): () => void {
    const stopped = new AbortController();
    void poll(() => this.load(), { everyMs: REFRESH_MS, signal: stopped.signal, onError, ref: false });
    return () => stopped.abort();
  }
}

import { uptime } from "node:os";

/** Revoked ids that a worker keeps at most, and for how long, seconds: Celery's own limits. */
const IDS_MAX = 50_000;
const KEPT_SECONDS = 10_800;

/** Ids of revoked calls: each worker keeps them in memory, and a new one asks the others. */
export class RevokedIds {
  /** Seconds since the machine was started, by id; the oldest first. */
  readonly #ids = new Map<string, number>();

  constructor(private readonly seconds: () => number = uptime) {}

  add(id: string, at: number = this.seconds()): void {
    this.#ids.delete(id);
    this.#ids.set(id, at);
    this.#prune();
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  get list(): readonly string[] {
    return [...this.#ids.keys()];
  }

  /** Adds what another worker knows. */
  merge(revoked: unknown): void {
    if (typeof revoked !== "object" || revoked === null) return;
    for (const id of Object.keys(revoked).slice(0, IDS_MAX)) if (!this.#ids.has(id)) this.add(id);
  }

  /** Times by id for other workers; Celery takes them as floats only, so that none is a whole number. */
  toJSON(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#ids].map(([id, at]) => [id, Math.floor(at) + 0.5]));
  }

  #prune(): void {
    const oldest = this.seconds() - KEPT_SECONDS;
    for (const [id, at] of this.#ids) {
      if (this.#ids.size <= IDS_MAX && at >= oldest) return;
      this.#ids.delete(id);
    }
  }
}

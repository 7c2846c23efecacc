import type { SessionParts } from "./worker-context.js";

const PAGE = 500;
/** The cursor of the first page. */
const FIRST = "";

/**
 * One look at all jobs of a shared store when a scheduler starts: a run that the rules of this process have earlier than
 * those that made it would be claimed too late. A store of this process alone holds no moments of other rules.
 */
export class ZoneRescan {
  #stopped = false;
  #done: Promise<void> | undefined;

  constructor(
    private readonly parts: SessionParts,
    private readonly onMoved: () => void,
  ) {}

  start(): void {
    if (this.parts.store.shared && !this.parts.host.paused()) this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    let cursor: string | undefined = FIRST;
    while (cursor !== undefined && !this.#stopped) {
      try {
        cursor = await this.#page(cursor);
      } catch (error) {
        if (this.#stopped) return;
        await this.parts.trouble.pause(this.parts.trouble.failed("look for changed rules of time zones", error));
      }
    }
  }

  async #page(from: string): Promise<string | undefined> {
    const { store, zones } = this.parts;
    const nowMs = await store.now();
    const { jobs, cursor } = await store.list({ limit: PAGE, ...(from === FIRST ? {} : { cursor: from }) });
    for (const job of jobs) {
      if (this.#stopped) return undefined;
      if ((await zones.move(job, nowMs)) !== undefined) this.onMoved();
    }
    return cursor;
  }
}

import type { WorkerContext } from "./worker-context.js";

export interface ZoneScanConfig {
  readonly pageSize: number;
}

const DEFAULTS: ZoneScanConfig = { pageSize: 500 };
const FIRST_PAGE = "";

/**
 * Migrates all jobs of a shared store once, when a scheduler starts: a run that this process's zone rules place earlier
 * than the rules that computed it would be claimed too late. Jobs of an in-process store know no other rules.
 */
export class ZoneScan {
  readonly #config: ZoneScanConfig;
  #isStopping = false;
  #done: Promise<void> | undefined;

  constructor(
    private readonly context: WorkerContext,
    private readonly onMigrated: () => void,
    config: Partial<ZoneScanConfig> = {},
  ) {
    this.#config = { ...DEFAULTS, ...config };
  }

  start(): void {
    if (this.context.store.shared && !this.context.host.paused()) this.#done = this.runOnce();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#done;
  }

  async runOnce(): Promise<void> {
    const { backoff } = this.context;
    let cursor: string | undefined = FIRST_PAGE;
    while (cursor !== undefined && !this.#isStopping) {
      try {
        cursor = await this.#migratePage(cursor);
      } catch (error) {
        if (this.#isStopping) return;
        await backoff.sleep(backoff.nextDelayMs("look for changed rules of time zones", error));
      }
    }
  }

  async #migratePage(from: string): Promise<string | undefined> {
    const { store, migrator } = this.context;
    const nowMs = await store.now();
    const limit = this.#config.pageSize;
    const { jobs, cursor } = await store.list({ limit, ...(from === FIRST_PAGE ? {} : { cursor: from }) });
    for (const job of jobs) {
      if (this.#isStopping) return undefined;
      if ((await migrator.migrate(job, nowMs)) !== undefined) this.onMigrated();
    }
    return cursor;
  }
}

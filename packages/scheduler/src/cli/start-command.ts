import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Logger } from "../core/logger.js";
import { applyCrontab, registerCrontab } from "../crontab/apply-crontab.js";
import { readTables } from "../crontab/crontab-table.js";
import { TABLE_TAG } from "../crontab/table-tag.js";
import { AsyncExecutor } from "../executors/async-executor.js";
import { Scheduler } from "../scheduler/scheduler.js";
import { count, readArguments, UsageError } from "./arguments.js";
import { HELP } from "./help.js";
import { openStore } from "./open-store.js";
import { logRuns, openLog, type RunLog } from "./run-log.js";

/** `sched start`: runs a scheduler with the task `crontab.run` until a signal ends it. */
export async function startCommand(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const options = {
    crontab: { type: "string", multiple: true },
    system: { type: "boolean", default: false },
    tz: { type: "string" },
    log: { type: "string", default: "json" },
    drain: { type: "string", default: "30" },
    concurrency: { type: "string", default: "50" },
  } as const;
  const given = readArguments(args, env, { help: HELP.start, options, operands: [] });
  if (given === undefined) return;
  const { values, choice } = given;
  if (values.log !== "json" && values.log !== "text") throw new UsageError(`--log: json or text, not "${values.log}"`);
  const log = openLog(values.log);
  const scheduler = new Scheduler({
    stores: choice.store === undefined || choice.store === "memory" ? {} : { default: await openStore(choice) },
    executors: { default: new AsyncExecutor({ concurrency: count(values.concurrency, "--concurrency") }) },
    logger: log.logger,
    ...(values.tz === undefined ? {} : { timezone: values.tz }),
  });
  registerCrontab(scheduler);
  scheduler.registerTask(TABLE_TAG, () => {});
  logRuns(scheduler, log);
  const files = (values.crontab ?? []).map((file) => resolve(file));
  const tables = new CrontabFiles(scheduler, files, values.system, log);
  tables.check();
  await serve(scheduler, tables, count(values.drain, "--drain") * 1_000, log);
}

async function serve(scheduler: Scheduler, tables: CrontabFiles, drainMs: number, log: RunLog): Promise<void> {
  const begun = begin(scheduler, tables);
  const ended = new Promise<void>((end) => {
    let ending = false;
    const stop = (signal: NodeJS.Signals) => {
      log.logger.info(ending ? `${signal} again: running jobs are abandoned` : `${signal}: waiting for running jobs`);
      if (ending) process.exit(130);
      ending = true;
      // A signal that comes during the start waits for it; a start that fails ends the process by itself.
      void begun.then(() => scheduler.shutdown({ wait: true, timeoutMs: drainMs })).then(end, () => {});
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
    process.on("SIGHUP", () => void begun.then(() => tables.apply({ atStart: false })).catch(() => {}));
  });
  await begun;
  log.write("started", { scheduler: scheduler.id, pid: process.pid });
  await ended;
}

async function begin(scheduler: Scheduler, tables: CrontabFiles): Promise<void> {
  await scheduler.start();
  await startTables(scheduler);
  await tables.apply({ atStart: true });
}

/** Adds the `@reboot` jobs of the store's tables; their other jobs are there already. */
async function startTables(scheduler: Scheduler): Promise<void> {
  for (const { user, text, system, timezone } of await readTables(scheduler)) {
    if (!/@reboot/i.test(text)) continue;
    const zone = timezone === undefined ? {} : { timezone };
    await applyCrontab(scheduler, text, {
      user,
      system,
      ...zone,
      atStart: true,
      lasting: false,
      logger: { warn() {} },
    });
  }
}

/** Crontab files of the command line, each a table named after its path. */
class CrontabFiles {
  #turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly files: readonly string[],
    private readonly system: boolean,
    private readonly log: { readonly logger: Logger },
  ) {}

  /** Throws on a file that cannot be read. */
  check(): void {
    for (const file of this.files) read(file);
  }

  /** Applies all files, one reload after the other. */
  apply(when: { readonly atStart: boolean }): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      for (const file of this.files) await this.#applyFile(file, when);
    });
    return this.#turn;
  }

  /** Applies a file; one with a mistake leaves its jobs as they were. */
  async #applyFile(file: string, { atStart }: { readonly atStart: boolean }): Promise<void> {
    const { logger } = this.log;
    try {
      const { system } = this;
      const { added, kept, removed } = await applyCrontab(this.scheduler, read(file), {
        user: labelOf(file),
        system,
        atStart,
        logger,
      });
      logger.info(`${file}: ${added.length} lines added, ${kept.length} kept, ${removed.length} removed`);
    } catch (error) {
      for (const line of (error as Error).message.split("\n")) logger.error(`${file}: ${line}`);
      logger.error(`${file}: no changes made`);
    }
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--crontab: ${(error as Error).message}`);
  }
}

/** Returns the path, or a hash of a long one: a job's id has at most 190 characters. */
function labelOf(file: string): string {
  return file.length <= 120 ? file : createHash("sha256").update(file).digest("hex").slice(0, 40);
}

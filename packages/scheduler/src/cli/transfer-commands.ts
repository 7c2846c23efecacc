import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { JobStore } from "../core/job-store.js";
import { exportedHistory, exportedJobs, importLine } from "../stores/transfer.js";
import { readArguments, type StoreChoice, UsageError } from "./arguments.js";
import { HELP } from "./help.js";
import { openStore } from "./open-store.js";

/** `sched export`: writes the store's jobs, and its history if asked, to stdout, a line each. */
export async function exportCommand(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const given = readArguments(args, env, {
    help: HELP.export,
    options: { history: { type: "boolean", default: false } },
    operands: [],
  });
  if (given === undefined) return;
  await withStore(given.choice, async (store) => {
    await write(exportedJobs(store));
    if (given.values.history) await write(exportedHistory(store));
  });
}

async function write(lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, "drain");
  }
}

/** `sched import FILE`: adds the jobs of a file; exit code 1 when a line was left alone. */
export async function importCommand(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const given = readArguments(args, env, { help: HELP.import, options: {}, operands: ["FILE"] });
  if (given === undefined) return;
  await withStore(given.choice, async (store) => {
    const count = { job: { added: 0, kept: 0 }, execution: { added: 0, kept: 0 }, leftAlone: 0 };
    let number = 0;
    for await (const line of linesOf(given.operands[0]!)) {
      number++;
      if (line.trim() === "") continue;
      const imported = await importLine(store, line);
      if ("what" in imported) count[imported.what][imported.kind]++;
      else {
        count.leftAlone++;
        process.stderr.write(`sched: line ${number} is left alone: ${imported.reason}\n`);
      }
    }
    const { job, execution, leftAlone } = count;
    const history =
      execution.added + execution.kept > 0 ? `, ${execution.added} executions added, ${execution.kept} were there` : "";
    process.stderr.write(
      `sched: ${job.added} jobs added, ${job.kept} were there${history}; ${leftAlone} lines left alone\n`,
    );
    if (leftAlone > 0) process.exitCode = 1;
  });
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  try {
    await (file === "-" ? undefined : once(input, "open"));
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`);
  }
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}

async function withStore(choice: StoreChoice, use: (store: JobStore) => Promise<void>): Promise<void> {
  const store = await openStore(choice);
  try {
    await store.migrate();
    await store.start();
    await use(store);
  } finally {
    await store.close();
  }
}

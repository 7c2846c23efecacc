import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { installTable, readTable, removeTable } from "../crontab/crontab-table.js";
import { parseCrontab } from "../crontab/parse-crontab.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { checkOperands, readArguments, UsageError } from "./arguments.js";
import { editText } from "./edit-text.js";
import { HELP } from "./help.js";
import { withClient } from "./open-store.js";

/** `sched crontab list | edit | remove | apply FILE`. */
export async function crontabCommand(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const options = { user: { type: "string" }, system: { type: "boolean" }, tz: { type: "string" } } as const;
  const given = readArguments(args, env, { help: HELP.crontab, options });
  if (given === undefined) return;
  const [action, ...rest] = given.operands;
  const { user = userInfo().username, system, tz } = given.values;
  const use = (call: (scheduler: Scheduler) => Promise<void>) => withClient(given.choice, undefined, call);
  if (action === "apply") {
    checkOperands(rest, ["FILE"]);
    const text = readText(rest[0]!);
    await use((scheduler) => apply(scheduler, user, { text, system: system ?? false, tz }));
    return;
  }
  const act = Object.hasOwn(ACTIONS, action ?? "") ? ACTIONS[action!] : undefined;
  if (act === undefined) throw new UsageError(`crontab: list, edit, remove or apply, not "${action ?? ""}"`);
  checkOperands(rest, []);
  await use((scheduler) => act(scheduler, user, { env, system, tz }));
}

interface EditOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly system: boolean | undefined;
  readonly tz: string | undefined;
}

const ACTIONS: Readonly<Record<string, (scheduler: Scheduler, user: string, options: EditOptions) => Promise<void>>> = {
  async list(scheduler, user) {
    const table = await readTable(scheduler, user);
    if (table === undefined) throw new UsageError(`no crontab for ${user}`);
    process.stdout.write(table.text);
  },

  async remove(scheduler, user) {
    if (!(await removeTable(scheduler, user))) throw new UsageError(`no crontab for ${user}`);
  },

  /** Edits as `crontab -e` does: a table with a mistake changes nothing, and its text is kept. */
  async edit(scheduler, user, { env, system, tz }) {
    const before = await readTable(scheduler, user);
    const edited = await editText(
      before?.text ?? `# m h dom mon dow command\n`,
      env["VISUAL"] || env["EDITOR"] || "vi",
    );
    if (edited.text === before?.text) {
      edited.discard();
      process.stderr.write("sched: no changes made\n");
      return;
    }
    const asSystem = system ?? before?.system ?? false;
    const { errors } = parseCrontab(edited.text, { system: asSystem });
    if (errors.length > 0) {
      for (const { message } of errors) process.stderr.write(`sched: ${message}\n`);
      throw new UsageError(`errors in the crontab, no changes made; your text is kept in ${edited.path}`);
    }
    if ((await readTable(scheduler, user))?.text !== before?.text) {
      throw new UsageError(`the crontab was changed meanwhile, no changes made; your text is kept in ${edited.path}`);
    }
    await apply(scheduler, user, { text: edited.text, system: asSystem, tz });
    edited.discard();
  },
};

async function apply(
  scheduler: Scheduler,
  user: string,
  { text, system, tz }: { text: string; system: boolean; tz: string | undefined },
): Promise<void> {
  const warn = (message: string) => void process.stderr.write(`sched: ${message}\n`);
  const options = { logger: { warn }, ...(tz === undefined ? {} : { timezone: tz }) };
  const { added, kept, removed, timezone } = await installTable(scheduler, { user, text, system }, options);
  process.stderr.write(
    `sched: crontab of ${user}: ${added.length} added, ${kept.length} kept, ${removed.length} removed; in ${timezone}\n`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`);
  }
}

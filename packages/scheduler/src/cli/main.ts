#!/usr/bin/env node
import { thrownMessage } from "../core/describe-thrown.js";
import { UsageError } from "./arguments.js";
import { crontabCommand } from "./crontab-command.js";
import { doctorCommand } from "./doctor-command.js";
import { HELP } from "./help.js";
import { changeCommand, executionsCommand, jobsCommand } from "./job-commands.js";
import { nextCommand } from "./next-command.js";
import { startCommand } from "./start-command.js";
import { exportCommand, importCommand } from "./transfer-commands.js";

// `sched jobs | head` closes the pipe early.
process.stdout.on("error", () => process.exit(0));

const [command, ...args] = process.argv.slice(2);

try {
  await run(command, args);
} catch (error) {
  // One line, whatever it is; exits here, since a client may still have an open connection.
  process.stderr.write(`sched: ${reasonOf(error)}\n`, () => process.exit(2));
}

async function run(name: string | undefined, rest: string[]): Promise<void> {
  switch (name) {
    case "crontab":
      return crontabCommand(rest, process.env);
    case "start":
      return startCommand(rest, process.env);
    case "jobs":
      return jobsCommand(rest, process.env);
    case "executions":
      return executionsCommand(rest, process.env);
    case "pause":
    case "resume":
    case "run":
    case "backfill":
    case "remove":
      return changeCommand(name, rest, process.env);
    case "doctor":
      return doctorCommand(rest, process.env);
    case "next":
      return nextCommand(rest, process.env);
    case "export":
      return exportCommand(rest, process.env);
    case "import":
      return importCommand(rest, process.env);
    case "help":
    case "--help":
    case "-h":
      process.stdout.write(`${HELP.sched}\n`);
      return;
    default:
      throw new UsageError(
        name === undefined ? "which command? --help lists them" : `unknown command "${name}"; --help lists them`,
      );
  }
}

function reasonOf(error: unknown): string {
  return thrownMessage(error).split("\n").join("; ");
}

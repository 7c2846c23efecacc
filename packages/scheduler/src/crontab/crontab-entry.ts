import type { Trigger } from "../triggers/trigger.js";

/** One line of a crontab that runs a command. */
export interface CrontabEntry {
  /** Counted from 1. */
  readonly line: number;
  /** The five fields as written, or `@daily` and its like. */
  readonly schedule: string;
  readonly trigger: Trigger;
  /** The command as written, with its percent signs. */
  readonly text: string;
  /** What the shell is given. */
  readonly command: string;
  /** What the command reads from its standard input; undefined when the line says nothing of it. */
  readonly stdin: string | undefined;
  /** The variables set above the line. */
  readonly environment: Readonly<Record<string, string>>;
  /** The zone that CRON_TZ names above the line. */
  readonly timezone: string | undefined;
  /** CRON_EXTENDED stands above the line. */
  readonly extended?: boolean;
  /** The days that CRON_WITHOUT_DAYS leaves out above the line. */
  readonly withoutDays?: readonly string[];
  /** The user field of a system table; else the user that `parseCrontab` was given. */
  readonly user: string | undefined;
}

/** Something to say of a line. */
export interface CrontabNote {
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  /** `crontab:3: minute: 61 is not between 0 and 59 (column 1)`. */
  readonly message: string;
}

/** A table with errors; nothing of it is applied. The message has a line for each. */
export class CrontabError extends Error {
  override readonly name = "CrontabError";
  constructor(readonly errors: readonly CrontabNote[]) {
    super(errors.map(({ message }) => message).join("\n"));
  }
}

/** False for `0 0 30 2 *` and its like. Asked from 2020 on, where every zone's table begins. */
export function everRuns(trigger: Trigger): boolean {
  return trigger.next(null, Date.UTC(2020, 0, 1)) !== null;
}

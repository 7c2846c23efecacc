import type { Trigger } from "../triggers/trigger.js";

/** Line of a crontab that runs a command. */
export interface CrontabEntry {
  /** Counted from 1. */
  readonly line: number;
  /** Five fields as written, or `@daily` and its like. */
  readonly schedule: string;
  readonly trigger: Trigger;
  /** Command as written, with its percent signs. */
  readonly text: string;
  /** Text for the shell. */
  readonly command: string;
  /** Standard input of the command; undefined when the line has none. */
  readonly stdin: string | undefined;
  /** Variables set above the line. */
  readonly environment: Readonly<Record<string, string>>;
  /** Time zone of the CRON_TZ above the line. */
  readonly timezone: string | undefined;
  /** Whether CRON_EXTENDED is on above the line. */
  readonly extended?: boolean;
  /** Days of the CRON_WITHOUT_DAYS above the line. */
  readonly withoutDays?: readonly string[];
  /** User field of a system table; else the `user` of `parseCrontab`. */
  readonly user: string | undefined;
}

/** Error or warning about a line. */
export interface CrontabNote {
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  /** Text, such as `crontab:3: minute: 61 is not between 0 and 59 (column 1)`. */
  readonly message: string;
}

/** Thrown for a table with errors, of which nothing is applied; the message has a line for each. */
export class CrontabError extends Error {
  override readonly name = "CrontabError";
  constructor(readonly errors: readonly CrontabNote[]) {
    super(errors.map(({ message }) => message).join("\n"));
  }
}

/** Returns false for `0 0 30 2 *` and its like. Searches from 2020 on, where the table of every zone begins. */
export function everRuns(trigger: Trigger): boolean {
  return trigger.next(null, Date.UTC(2020, 0, 1)) !== null;
}

import { checkKnown, type OptionNames } from "../core/known-options.js";
import { portableZone } from "../time/portable-zone.js";
import { type CrontabOptions, CrontabTrigger } from "../triggers/crontab.js";
import { DaySet } from "../triggers/day-set.js";
import { reboot } from "../triggers/reboot.js";
import type { Trigger } from "../triggers/trigger.js";
import { TriggerSyntaxError } from "../triggers/trigger-syntax-error.js";
import { withoutDays } from "../triggers/without-days.js";
import { type CrontabEntry, type CrontabNote, everRuns } from "./crontab-entry.js";
import { type Assignment, assignmentProblem, readAssignment } from "./environment-line.js";
import { splitPercent } from "./percent.js";

const OPTIONS: OptionNames<ParseCrontabOptions> = {
  system: true,
  timezone: true,
  user: true,
};

/** Options of `parseCrontab`. */
export interface ParseCrontabOptions {
  /** Reads a system table (/etc/crontab), which has a user field between times and command. Default false. */
  readonly system?: boolean;
  /** Time zone of lines without a CRON_TZ above them; that of the scheduler by default. */
  readonly timezone?: string | undefined;
  /** User of the table, for its entries. */
  readonly user?: string | undefined;
}

/** Entries, warnings and errors of a crontab. */
export interface ParsedCrontab {
  /** Correct lines, also of a table with errors. */
  readonly entries: readonly CrontabEntry[];
  readonly warnings: readonly CrontabNote[];
  readonly errors: readonly CrontabNote[];
}

/** Longest command: Linux takes no longer argument, and the command is one of the shell's. */
const LINE_MAX = 131_071;
/** Longest table: it is one value in a store. */
const TABLE_MAX = 1_000_000;

/** Parses a crontab. Mistakes are in `errors`, oddities in `warnings`; only a wrong `timezone` throws. */
export function parseCrontab(text: string, options: ParseCrontabOptions = {}): ParsedCrontab {
  checkKnown<ParseCrontabOptions>(options, OPTIONS, "parseCrontab");
  if (options.timezone !== undefined) portableZone(options.timezone);
  const reader = new CrontabReader(options);
  if (text.length > TABLE_MAX) {
    return { ...reader, errors: [noteOf(1, 1, `the table is longer than ${TABLE_MAX} characters`)] };
  }
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  else reader.warn(lines.length, lines.at(-1)!.length + 1, "the last line has no newline; cron would ignore it");
  lines.forEach((line, index) => {
    reader.read(line, index + 1);
  });
  return reader;
}

/** Mistake in the current line. */
class LineProblem extends Error {
  constructor(
    readonly column: number,
    reason: string,
  ) {
    super(reason);
  }
}

/** Parser of a table, line by line. */
class CrontabReader implements ParsedCrontab {
  readonly entries: CrontabEntry[] = [];
  readonly warnings: CrontabNote[] = [];
  readonly errors: CrontabNote[] = [];
  readonly #options: ParseCrontabOptions;
  #environment: Readonly<Record<string, string>> = Object.freeze({});
  #timezone: string | undefined;
  #delaySeconds = 0;
  #extended = false;
  #withoutDays: readonly string[] = [];
  #hasWarnedOfReturns = false;

  constructor(options: ParseCrontabOptions) {
    this.#options = options;
  }

  read(raw: string, line: number): void {
    const text = this.#withoutReturn(raw, line);
    if (/^[ \t]*(#|$)/.test(text)) return;
    try {
      this.#read(text, line);
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error;
      this.errors.push(noteOf(line, error.column, error.message));
    }
  }

  warn(line: number, column: number, reason: string): void {
    this.warnings.push(noteOf(line, column, reason));
  }

  #withoutReturn(raw: string, line: number): string {
    if (!raw.endsWith("\r")) return raw;
    if (!this.#hasWarnedOfReturns) {
      this.warn(line, raw.length, "lines end with carriage returns, which are left out; cron would keep them");
    }
    this.#hasWarnedOfReturns = true;
    return raw.slice(0, -1);
  }

  #read(text: string, line: number): void {
    if (text.length > LINE_MAX) throw new LineProblem(LINE_MAX + 1, `the line is longer than ${LINE_MAX} characters`);
    const odd = text.indexOf("\0");
    if (odd >= 0) throw new LineProblem(odd + 1, "there is a NUL character in the line");
    const assignment = readAssignment(text);
    if (assignment !== undefined) this.#assign(assignment, line, text);
    else {
      const problem = assignmentProblem(text);
      if (problem !== undefined) throw new LineProblem(problem.column, `environment: ${problem.reason}`);
      this.entries.push(this.#entry(text, line));
    }
  }

  #assign({ name, value }: Assignment, line: number, text: string): void {
    const column = text.search(/\S/) + 1;
    if (name === "") throw new LineProblem(column, "environment: a variable needs a name");
    if (name === "CRON_TZ") {
      this.#timezone = value === "" ? undefined : checkedZone(value, text.indexOf("=") + 2);
      return;
    }
    if (name === "CRON_EXTENDED") {
      this.#extended = checkedSwitch(value, text.indexOf("=") + 2);
      return;
    }
    if (name === "CRON_WITHOUT_DAYS") {
      this.#withoutDays = checkedDays(value, text.indexOf("=") + 2);
      return;
    }
    if (name === "RANDOM_DELAY") this.#delaySeconds = 60 * checkedMinutes(value, text.indexOf("=") + 2);
    const advice = ADVICE[name];
    if (advice !== undefined) this.warn(line, column, advice);
    this.#environment = Object.freeze({ ...this.#environment, [name]: value });
  }

  #entry(text: string, line: number): CrontabEntry {
    const { system = false, timezone, user } = this.#options;
    const words = wordsOf(text);
    const fields = words[0]!.text.startsWith("@") ? 1 : 5;
    const { from } = words[0]!;
    const last = words[fields - 1];
    if (last === undefined) {
      throw new LineProblem(
        from + 1,
        `five fields (or a name such as @daily) and a command are needed, here are ${words.length} words`,
      );
    }
    const schedule = text.slice(from, last.to);
    const timed = triggerOf(
      schedule,
      { timezone: this.#timezone ?? timezone, jitter: this.#delaySeconds, extended: this.#extended },
      from,
    );
    const trigger = this.#onItsDays(timed);
    const owner = system ? words[fields]?.text : user;
    if (system && owner === undefined)
      throw new LineProblem(text.length + 1, "user: the user and the command are missing");
    const command = words[fields + (system ? 1 : 0)];
    if (command === undefined) throw new LineProblem(text.length + 1, "command: it is missing");
    const sixth = words[fields]!;
    if (/^[*?]$/.test(sixth.text)) {
      this.warn(
        line,
        sixth.from + 1,
        `a line has five fields, without seconds; "${sixth.text}" is not read as a sixth`,
      );
    }
    if (!everRuns(trigger)) this.warn(line, from + 1, `"${schedule}" names no moment at all; it never runs`);
    for (const warning of (timed as Partial<CrontabTrigger>).warnings ?? []) this.warn(line, from + 1, warning);
    const written = text.slice(command.from);
    return {
      line,
      schedule,
      trigger,
      text: written,
      ...splitPercent(written),
      environment: this.#environment,
      timezone: this.#timezone,
      ...(this.#extended ? { extended: true } : {}),
      ...(this.#withoutDays.length > 0 ? { withoutDays: this.#withoutDays } : {}),
      user: owner,
    };
  }

  #onItsDays(trigger: Trigger): Trigger {
    const isTimed = this.#withoutDays.length > 0 && trigger.kind !== "reboot";
    return isTimed ? withoutDays(trigger, { days: this.#withoutDays }) : trigger;
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  TZ: "TZ is for the commands below alone; CRON_TZ says in which zone their times are read",
  MAILTO: "no mail is sent; the output is kept with the execution",
};

interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Splits off a field; only blanks and tabs separate fields. */
function wordsOf(line: string): Word[] {
  return [...line.matchAll(/[^ \t]+/g)].map(({ 0: text, index }) => ({ text, from: index, to: index + text.length }));
}

function triggerOf(schedule: string, options: CrontabOptions, from: number): Trigger {
  if (schedule.toLowerCase() === "@reboot") return reboot();
  try {
    return new CrontabTrigger(schedule, options);
  } catch (error) {
    if (!(error instanceof TriggerSyntaxError)) throw error;
    const { message, field, expression, column } = error;
    const reason = message.replace(` (in "${expression}", column ${column})`, "");
    throw new LineProblem(from + column, field === "crontab" ? reason.slice("crontab: ".length) : reason);
  }
}

/** Reads cronie's RANDOM_DELAY: the lines below start later by up to so many minutes. */
function checkedMinutes(value: string, column: number): number {
  if (/^\d{0,5}$/.test(value)) return Number(value);
  throw new LineProblem(column, `RANDOM_DELAY: must be a whole number of minutes, is "${value}"`);
}

/** Reads CRON_EXTENDED: whether the lines below may have `L`, `W`, `#` and `?`. */
function checkedSwitch(value: string, column: number): boolean {
  const text = value.toLowerCase();
  if (["yes", "true", "1"].includes(text)) return true;
  if (["no", "false", "0", ""].includes(text)) return false;
  throw new LineProblem(column, `CRON_EXTENDED: must be yes or no, is "${value}"`);
}

/** Reads CRON_WITHOUT_DAYS: days on which the lines below do not run, separated by commas or blanks. */
function checkedDays(value: string, column: number): readonly string[] {
  try {
    return new DaySet(value.split(/[\s,]+/).filter((text) => text !== "")).texts;
  } catch (error) {
    throw new LineProblem(column, (error as Error).message.replace(/^days: /, "CRON_WITHOUT_DAYS: "));
  }
}

function checkedZone(name: string, column: number): string {
  try {
    return portableZone(name, "CRON_TZ");
  } catch (error) {
    throw new LineProblem(column, (error as Error).message.replace(/^timezone: /, "CRON_TZ: "));
  }
}

function noteOf(line: number, column: number, reason: string): CrontabNote {
  return { line, column, message: `crontab:${line}: ${reason} (column ${column})` };
}

import { MONTH_NAMES } from "./fields.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

/** A field's values, and whether its text begins with a star: Vixie cron treats the two differently. */
export interface CrontabValues {
  readonly values: ReadonlySet<number>;
  readonly star: boolean;
}

/** The five fields of a line. Sunday is 0. */
export interface CrontabFields {
  readonly minute: CrontabValues;
  readonly hour: CrontabValues;
  readonly day: CrontabValues;
  readonly month: CrontabValues;
  readonly weekday: CrontabValues;
}

/** Reads the five fields or a name like `@daily`. Throws a TriggerSyntaxError with the field and the column. */
export function parseCrontabFields(expression: string): CrontabFields {
  if (typeof expression !== "string") throw new TriggerSyntaxError("crontab", `must be text, is ${typeof expression}`);
  const text = expression.trim();
  if (text.startsWith("@")) return parseCrontabFields(fieldsOf(text, expression));
  const words = [...expression.matchAll(/\S+/g)];
  if (words.length !== CRONTAB_FIELDS.length) {
    throw new TriggerSyntaxError("crontab", `needs 5 fields, has ${words.length}`, expression);
  }
  const [minute, hour, day, month, weekday] = words.map((word, index) =>
    parseField(CRONTAB_FIELDS[index]!, word[0], expression, word.index + 1),
  ) as [CrontabValues, CrontabValues, CrontabValues, CrontabValues, CrontabValues];
  return { minute, hour, day, month, weekday };
}

/** Cron wants these in lower case. */
const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

interface CrontabField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const SUNDAY_FIRST = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const CRONTAB_FIELDS: readonly CrontabField[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: MONTH_NAMES },
  { name: "day_of_week", min: 0, max: 7, names: SUNDAY_FIRST },
];

function fieldsOf(nickname: string, expression: string): string {
  const fields = Object.hasOwn(NICKNAMES, nickname) ? NICKNAMES[nickname] : undefined;
  if (fields !== undefined) return fields;
  const known = Object.keys(NICKNAMES).join(", ");
  throw new TriggerSyntaxError("crontab", `unknown name, known are ${known}`, expression);
}

function parseField(field: CrontabField, text: string, expression: string, column: number): CrontabValues {
  const values = new Set<number>();
  let at = column;
  for (const part of text.split(",")) {
    addValues(values, field, part, (reason) => {
      throw new TriggerSyntaxError(field.name, reason, expression, at);
    });
    at += part.length + 1;
  }
  return { values, star: text.startsWith("*") };
}

function addValues(values: Set<number>, field: CrontabField, part: string, fail: (reason: string) => never): void {
  const match = /^(?:(\*)|(\d+|[a-z]+)(?:-(\d+|[a-z]+))?)(?:\/(\d+))?$/i.exec(part);
  const [, star, firstText, lastText, stepText] = match ?? fail(`"${part}" is no number, name, range or *`);
  if (stepText !== undefined && star === undefined && lastText === undefined) fail(`"${part}" has a step but no range`);
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step === 0) fail("the step must be higher than 0");
  const first = star === undefined ? numberOf(field, firstText!, fail) : field.min;
  const last = star === undefined ? (lastText === undefined ? first : numberOf(field, lastText, fail)) : field.max;
  // A range the wrong way round is legal in cron and names no value at all.
  for (let value = first; value <= last; value += step) values.add(field.max === 7 ? value % 7 : value);
}

function numberOf({ names = [], name, min, max }: CrontabField, text: string, fail: (reason: string) => never): number {
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    return value >= min && value <= max ? value : fail(`${value} is not between ${min} and ${max}`);
  }
  const index = names.indexOf(text.toLowerCase());
  return index >= 0 ? index + (name === "month" ? 1 : 0) : fail(`"${text}" is no name of this field`);
}

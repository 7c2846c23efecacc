import { adviceOnLine, adviceOnName, adviceOnPart } from "./crontab-advice.js";
import { type MovingDay, readMovingDay } from "./crontab-extended.js";
import { MONTH_NAMES } from "./fields.js";
import { TriggerSyntaxError } from "./trigger-syntax-error.js";

/** A field's values, and whether its text begins with a star: Vixie cron treats the two differently. */
export interface CrontabValues {
  readonly values: ReadonlySet<number>;
  /** Days that depend on the month, in the extended syntax. */
  readonly moving: readonly MovingDay[];
  readonly star: boolean;
  readonly odd: readonly OddPart[];
}

/** Ranges that cron reads as no value. */
export interface OddPart {
  readonly field: string;
  readonly reason: string;
  readonly column: number;
}

/** The five fields of a line. Sunday is 0. */
export interface CrontabFields {
  readonly minute: CrontabValues;
  readonly hour: CrontabValues;
  readonly day: CrontabValues;
  readonly month: CrontabValues;
  readonly weekday: CrontabValues;
  readonly odd: readonly OddPart[];
  /** Only the extended syntax has a part of it. */
  readonly isExtended: boolean;
}

export interface CrontabSyntax {
  /** Reads `?` and the letters `L`, `W` and `#` of Quartz as well; weekdays are still counted from 0 = Sunday. */
  readonly extended?: boolean | undefined;
}

/** Reads the five fields or a name like `@daily`. Throws a TriggerSyntaxError with the field and the column. */
export function parseCrontabFields(expression: string, { extended = false }: CrontabSyntax = {}): CrontabFields {
  if (typeof expression !== "string") throw new TriggerSyntaxError("crontab", `must be text, is ${typeof expression}`);
  const text = expression.trim();
  if (text.startsWith("@")) return parseCrontabFields(fieldsOf(text, expression));
  const words = [...expression.matchAll(/\S+/g)];
  if (words.length !== CRONTAB_FIELDS.length) {
    const advice = adviceOnLine(words.map(([word]) => word));
    throw new TriggerSyntaxError("crontab", `needs 5 fields, has ${words.length}${advice}`, expression);
  }
  const line = words.map(([word]) => word);
  const [minute, hour, day, month, weekday] = words.map((word, index) =>
    parseField(CRONTAB_FIELDS[index]!, line, { expression, column: word.index + 1, text: word[0], extended }),
  ) as [CrontabValues, CrontabValues, CrontabValues, CrontabValues, CrontabValues];
  const odd = [minute, hour, day, month, weekday].flatMap((field) => field.odd);
  const isExtended = line.includes("?") || day.moving.length + weekday.moving.length > 0;
  return { minute, hour, day, month, weekday, odd, isExtended };
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
  const advice = adviceOnName(nickname, [...Object.keys(NICKNAMES), "@reboot"]);
  throw new TriggerSyntaxError("crontab", `unknown name, known are ${known}${advice}`, expression);
}

interface Place {
  readonly expression: string;
  readonly column: number;
  readonly text: string;
  readonly extended: boolean;
}

function parseField(field: CrontabField, line: readonly string[], place: Place): CrontabValues {
  const { expression, column, extended } = place;
  const text = extended && place.text === "?" && isDayField(field) ? "*" : place.text;
  const values = new Set<number>();
  const moving: MovingDay[] = [];
  const odd: OddPart[] = [];
  let at = column;
  for (const part of text.split(",")) {
    const movingDay = extended ? readMovingDay(field.name, part) : undefined;
    if (movingDay !== undefined) {
      moving.push(movingDay);
      at += part.length + 1;
      continue;
    }
    const reversed = addValues(values, field, part, (reason) => {
      const advice = extended && isDayField(field) ? "" : adviceOnPart(part, field, line);
      throw new TriggerSyntaxError(field.name, `${reason}${advice}`, expression, at);
    });
    if (reversed !== undefined) odd.push({ field: field.name, reason: reversed, column: at });
    at += part.length + 1;
  }
  return { values, moving, star: text.startsWith("*"), odd };
}

function isDayField({ name }: CrontabField): boolean {
  return name === "day" || name === "day_of_week";
}

/** Returns a warning about a part that adds nothing. */
function addValues(
  values: Set<number>,
  field: CrontabField,
  part: string,
  fail: (reason: string) => never,
): string | undefined {
  const match = /^(?:(\*)|(\d+|[a-z]+)(?:-(\d+|[a-z]+))?)(?:\/(\d+))?$/i.exec(part);
  const [, star, firstText, lastText, stepText] = match ?? fail(`"${part}" is no number, name, range or *`);
  if (stepText !== undefined && star === undefined && lastText === undefined) fail(`"${part}" has a step but no range`);
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step === 0) fail("the step must be higher than 0");
  const first = star === undefined ? numberOf(field, firstText!, fail) : field.min;
  const last = star === undefined ? (lastText === undefined ? first : numberOf(field, lastText, fail)) : field.max;
  // A range the wrong way round is legal in cron and names no value at all.
  for (let value = first; value <= last; value += step) values.add(field.max === 7 ? value % 7 : value);
  if (first <= last) return undefined;
  return `the range ${part} is the wrong way round and names no value, as in cron; write ${aroundTheEnd(field, first, last, step)}`;
}

/** Meaning elsewhere of a range over the end of its field: 22-2 is 22-23,0-2. */
function aroundTheEnd({ min, max }: CrontabField, first: number, last: number, step: number): string {
  const highest = max === 7 ? 6 : max;
  if (step === 1) return `${rangeText(first, highest)},${rangeText(min, last)}`;
  const size = highest - min + 1;
  const steps = Array.from(
    { length: Math.floor((last + size - first) / step) + 1 },
    (_, index) => first + index * step,
  );
  return steps.map((value) => (value > highest ? value - size : value)).join(",");
}

function rangeText(first: number, last: number): string {
  return first >= last ? `${last}` : `${first}-${last}`;
}

function numberOf({ names = [], name, min, max }: CrontabField, text: string, fail: (reason: string) => never): number {
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    return value >= min && value <= max ? value : fail(`${value} is not between ${min} and ${max}`);
  }
  const index = names.indexOf(text.toLowerCase());
  return index >= 0 ? index + (name === "month" ? 1 : 0) : fail(`"${text}" is no name of this field`);
}

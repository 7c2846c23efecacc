import { TriggerSyntaxError } from "./trigger-syntax-error.js";

/** The fields of a cron trigger, most significant first, with the values they may take. */
export const FIELDS = ["year", "month", "day", "week", "day_of_week", "hour", "minute", "second"] as const;
export type FieldName = (typeof FIELDS)[number];

export const FIELD_RANGE: Readonly<Record<FieldName, readonly [number, number]>> = {
  year: [1970, 9999],
  month: [1, 12],
  day: [1, 31],
  week: [1, 53],
  day_of_week: [0, 6],
  hour: [0, 23],
  minute: [0, 59],
  second: [0, 59],
};

export const MONTH_NAMES = [
  "jan",
  "feb",
  "mar",
  "apr",
  "may",
  "jun",
  "jul",
  "aug",
  "sep",
  "oct",
  "nov",
  "dec",
] as const;
export const WEEKDAY_NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const POSITIONS = ["1st", "2nd", "3rd", "4th", "5th", "last"] as const;

/** Element of a field's list: numbers from `first` to `last` by `step`, or a day that depends on the month. */
export type FieldElement =
  | {
      readonly kind: "range";
      readonly first: number;
      readonly last: number;
      readonly step: number;
      readonly text: string;
    }
  | { readonly kind: "lastDay"; readonly text: string }
  /** The `position`th (0 to 4; 5 means the last) `weekday` (0 is Monday) of the month. */
  | { readonly kind: "weekday"; readonly position: number; readonly weekday: number; readonly text: string };

export interface Field {
  readonly name: FieldName;
  readonly elements: readonly FieldElement[];
  /** The text as APScheduler prints it: trimmed, lower case, `a-a` as `a`. */
  readonly text: string;
  /** The first element begins with a star. */
  readonly star: boolean;
}

/** Reads a field's text, or a number. Throws a TriggerSyntaxError with the field's name and the column. */
export function parseField(name: FieldName, value: string | number): Field {
  if (typeof value === "number" && !Number.isInteger(value))
    throw new TriggerSyntaxError(name, `${value} is not a whole number`);
  const source = String(value);
  let column = 1;
  const elements = source.split(",").map((part) => {
    const element = parseElement(
      name,
      part.trim().toLowerCase(),
      source,
      column + part.length - part.trimStart().length,
    );
    column += part.length + 1;
    return element;
  });
  return { name, elements, text: elements.map(({ text }) => text).join(","), star: elements[0]!.text.startsWith("*") };
}

function parseElement(name: FieldName, text: string, source: string, column: number): FieldElement {
  const fail = (reason: string): never => {
    throw new TriggerSyntaxError(name, reason, source, column);
  };
  if (text === "") fail("an element of the list is empty");
  return (
    allElement(name, text, fail) ??
    rangeElement(name, text, fail) ??
    namedElement(name, text, fail) ??
    dayElement(name, text, fail) ??
    fail(`"${text}" is no expression for this field`)
  );
}

type Fail = (reason: string) => never;

function allElement(name: FieldName, text: string, fail: Fail): FieldElement | undefined {
  const match = /^\*(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [min, max] = FIELD_RANGE[name];
  const step = stepOf(match[1], max - min, fail);
  return { kind: "range", first: min, last: max, step, text: match[1] === undefined ? "*" : `*/${step}` };
}

function rangeElement(name: FieldName, text: string, fail: Fail): FieldElement | undefined {
  const match = /^(\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [min, max] = FIELD_RANGE[name];
  const first = Number(match[1]);
  const last = match[2] !== undefined ? Number(match[2]) : match[3] !== undefined ? max : first;
  if (first < min) fail(`${first} is lower than the lowest value, ${min}`);
  if (first > max || last > max) fail(`${Math.max(first, last)} is higher than the highest value, ${max}`);
  if (first > last) fail(`the range ${first}-${last} is the wrong way round`);
  const step = stepOf(match[3], last - first, fail);
  const range = match[2] !== undefined && last !== first ? `${first}-${last}` : `${first}`;
  return { kind: "range", first, last, step, text: match[3] === undefined ? range : `${range}/${step}` };
}

/** Names of months and weekdays, and ranges of them. */
function namedElement(name: FieldName, text: string, fail: Fail): FieldElement | undefined {
  const names: readonly string[] | undefined =
    name === "month" ? MONTH_NAMES : name === "day_of_week" ? WEEKDAY_NAMES : undefined;
  const match = /^([a-z]+)(?:-([a-z]+))?$/.exec(text);
  if (names === undefined || match === null) return undefined;
  const offset = name === "month" ? 1 : 0;
  const indexOf = (word: string) => {
    const index = names.indexOf(word);
    return index >= 0
      ? index + offset
      : fail(`"${word}" is neither ${names.slice(0, -1).join(", ")} nor ${names.at(-1)}`);
  };
  const first = indexOf(match[1]!);
  const last = match[2] === undefined ? first : indexOf(match[2]);
  if (first > last) fail(`the range ${text} is the wrong way round`);
  return { kind: "range", first, last, step: 1, text: first === last ? match[1]! : text };
}

/** `last`, `3rd fri`, `last fri`. */
function dayElement(name: FieldName, text: string, fail: Fail): FieldElement | undefined {
  if (name !== "day") return undefined;
  if (text === "last") return { kind: "lastDay", text };
  const match = /^(1st|2nd|3rd|4th|5th|last)\s+([a-z]+)$/.exec(text);
  if (match === null) return undefined;
  const weekday = (WEEKDAY_NAMES as readonly string[]).indexOf(match[2]!);
  if (weekday < 0) fail(`"${match[2]}" is no weekday`);
  const position = (POSITIONS as readonly string[]).indexOf(match[1]!);
  return { kind: "weekday", position, weekday, text: `${match[1]} ${match[2]}` };
}

function stepOf(text: string | undefined, range: number, fail: Fail): number {
  if (text === undefined) return 1;
  const step = Number(text);
  if (step === 0) fail("the step must be higher than 0");
  if (step > range) fail(`the step ${step} is higher than the range it steps through, ${range}`);
  return step;
}

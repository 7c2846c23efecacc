import { cron } from "./cron.js";
import { readMovingDay } from "./crontab-extended.js";
import { readElapsed } from "./elapsed-text.js";

/** A field of a crontab line, as far as advice on it goes. */
interface AdvisedField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

type Advice = (part: string, field: AdvisedField, line: readonly string[]) => string | undefined;

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const ORDINALS = ["1st", "2nd", "3rd", "4th", "5th"] as const;
const IN_TASK = "and let the task see whether this is the day";

/** Replacement for a part of a field that only other programs read; empty when there is none. */
export function adviceOnPart(part: string, field: AdvisedField, line: readonly string[]): string {
  for (const advise of PART_ADVICE) {
    const advice = advise(part.toLowerCase(), field, line);
    if (advice !== undefined) return `; ${advice}${isInExtended(part, field) ? EXTENDED : ""}`;
  }
  return "";
}

const EXTENDED = ", or give crontab() the option extended: true (in a crontab file CRON_EXTENDED=yes)";

function isInExtended(part: string, { name }: AdvisedField): boolean {
  const isQuestion = part === "?" && (name === "day" || name === "day_of_week");
  return isQuestion || readMovingDay(name, part) !== undefined;
}

/** Replacement for a line of six or seven fields. */
export function adviceOnLine(words: readonly string[]): string {
  if (words.length !== 6 && words.length !== 7) return "";
  const isYearLast = words.length === 6 && (words[4] === "?" || /^\d{4}/.test(words[5]!));
  const [second = "0", ...rest] = isYearLast ? ["0", ...words] : words;
  const line = rest.slice(0, 5).map(everyFor);
  const year = everyFor(rest[5] ?? "*");
  const place = isYearLast ? "a year at the end is not read" : "seconds at the beginning are not read";
  // Quartz counts weekdays from 1 = Sunday.
  const isCountedElsewhere = (words.includes("?") || words.length === 7) && /^\d/.test(line[4]!);
  if (!isCountedElsewhere && second === "0" && year === "*") return `; ${place}: write "${line.join(" ")}"`;
  const code = isCountedElsewhere ? undefined : codeOf(line, { second, year });
  return `; ${place}: write ${code ?? 'cron({ second: "…", minute: "…", … }) with weekdays as names'}`;
}

/** Replacement for a name behind an `@` that cron does not have. */
export function adviceOnName(text: string, known: readonly string[]): string {
  const name = text.toLowerCase();
  if (known.includes(name)) return `; write ${name}`;
  if (name === "@every_minute") return "; write * * * * *";
  if (!name.startsWith("@every")) return "";
  const elapsed = Object.entries(elapsedOf(text) ?? {}).filter(([, amount]) => amount > 0);
  if (elapsed.length === 0) return "; write fields, such as */5 * * * * for every five minutes";
  return `; write interval({ ${elapsed.map(([unit, amount]) => `${unit}: ${amount}`).join(", ")} })`;
}

function elapsedOf(text: string): ReturnType<typeof readElapsed> {
  try {
    return readElapsed(text);
  } catch {
    return undefined;
  }
}

const question: Advice = (part) => (part === "?" ? "write *" : undefined);

const hash: Advice = (part, { min, max }) =>
  /^h(\W|$)/.test(part)
    ? `a hash of the job's name is not drawn; write a fixed value from ${min} to ${max}`
    : undefined;

const randomTime: Advice = (part, field) => {
  const match = /^(\d*)~(\d*)$/.exec(part);
  if (match === null) return part.includes("~") ? "a random time is not drawn; write one fixed value" : undefined;
  const first = match[1] === "" ? field.min : Number(match[1]);
  const last = match[2] === "" ? field.max : Number(match[2]);
  if (field.name !== "minute" || last <= first || last > field.max) {
    return `a random time is not drawn; write one value, such as ${first}`;
  }
  const jitter = (last - first) * 60;
  return `write ${first} and the option jitter: ${jitter} (in a crontab file RANDOM_DELAY=${last - first})`;
};

const stepWithoutRange: Advice = (part, field) => {
  const [, text, step] = /^(\d+|[a-z]+)\/(\d+)$/.exec(part) ?? [];
  if (text === undefined) return undefined;
  const first = /\d/.test(text) ? Number(text) : numberOfName(field, text);
  const last = field.name === "day_of_week" ? 6 : field.max;
  return first >= field.min && first <= last && Number(step) > 0 ? `write ${first}-${last}/${step}` : undefined;
};

const longName: Advice = (part, field) => {
  const short = part.replace(/[a-z]{4,}/g, (word) => word.slice(0, 3));
  const words = short.match(/[a-z]+/g) ?? [];
  const areNames = words.length > 0 && words.every((word) => field.names?.includes(word));
  return short !== part && areNames && isFullName(part) ? `write ${short}` : undefined;
};

const dayOfMonth: Advice = (part, { name }, line) => {
  if (name !== "day") return undefined;
  if (part === "l") return inCode(line, line[2]!.split(",").map(dayInMonth));
  if (part === "lw" || part === "wl") return `write 26-31 ${IN_TASK}`;
  const before = Number(/^l-(\d+)$/.exec(part)?.[1] ?? Number.NaN);
  if (before > 0 && before < 28) return `write ${28 - before}-${31 - before} ${IN_TASK}`;
  const day = Number(/^(\d+)w$/.exec(part)?.[1] ?? Number.NaN);
  return day >= 1 && day <= 31 ? nearestWeekday(day, part, line) : undefined;
};

/** `L` and numbers as days that `cron` reads. */
function dayInMonth(part: string): string | undefined {
  if (part.toLowerCase() === "l") return "last";
  return /^\d+(-\d+)?$/.test(part) ? part : undefined;
}

/** Monday to Friday nearest to a day, inside its month. */
function nearestWeekday(day: number, part: string, line: readonly string[]): string {
  const [minute, hour, days, month, weekday] = line.map(everyFor) as [string, string, string, string, string];
  const on = (at: string, dayOfWeek: string) => codeOf([minute, hour, at, month, "*"], { dayOfWeek });
  const codes =
    day === 1
      ? [on("1", "mon-fri"), on("2-3", "mon")]
      : [on(`${day}`, "mon-fri"), on(`${day - 1}`, "fri"), on(`${day + 1}`, "mon")];
  const isOnly = days.toLowerCase() === part && weekday === "*" && day <= 27;
  if (isOnly && !codes.includes(undefined)) return `in code write anyOf(${codes.join(", ")})`;
  return `write ${Math.max(1, day - 2)}-${Math.min(31, day + 2)} ${IN_TASK}`;
}

const dayOfWeek: Advice = (part, { name }, line) => {
  if (name !== "day_of_week") return undefined;
  if (part === "l") return "write sat";
  if (weekdayInMonth(part) === undefined) return undefined;
  const days = line[4]!.split(",").map(weekdayInMonth);
  return inCode([line[0]!, line[1]!, line[2]!, line[3]!, "*"], days, line[2]);
};

/** `5L` and `fri#3` as a day that `cron` reads. */
function weekdayInMonth(part: string): string | undefined {
  const [, word, last, number] = /^(\d|[a-z]{3})(?:(l)|#([1-5]))$/i.exec(part) ?? [];
  if (word === undefined) return undefined;
  const weekday = /\d/.test(word) ? DAYS[Number(word) % 7] : DAYS.find((day) => day === word.toLowerCase());
  if (weekday === undefined || Number(word) > 7) return undefined;
  return `${last === undefined ? ORDINALS[Number(number) - 1] : "last"} ${weekday}`;
}

/** The line with these days; without its other fields when it cannot be translated as a whole. */
function inCode(line: readonly string[], days: readonly (string | undefined)[], otherDays = line[4]): string {
  const known = days.filter((day) => day !== undefined);
  const isWhole = known.length === days.length && everyFor(otherDays!) === "*";
  const [minute, hour, , month] = line.map(everyFor) as [string, string, string, string];
  const code = isWhole ? codeOf([minute, hour, known.join(","), month, "*"], {}) : undefined;
  return `in code write ${code ?? `cron({ day: "${known.join(",")}", hour: "…", minute: "…" })`}`;
}

const PART_ADVICE: readonly Advice[] = [question, hash, randomTime, stepWithoutRange, dayOfMonth, dayOfWeek, longName];

/** A line as a call of `cron`; undefined when `cron` would not read it, or would read it in another way. */
function codeOf(line: readonly string[], more: Readonly<Record<string, string>>): string | undefined {
  const [minute, hour, day, month, weekday] = line as [string, string, string, string, string];
  const dayOfWeek = more["dayOfWeek"] ?? weekdayNames(weekday);
  if (dayOfWeek === undefined || (weekday !== "*" && day !== "*")) return undefined;
  const restricting = { year: more["year"] ?? "*", month, day, dayOfWeek };
  const options = {
    ...Object.fromEntries(Object.entries(restricting).filter(([, value]) => value !== "*")),
    hour,
    minute,
    ...(more["second"] === undefined ? {} : { second: more["second"] }),
  };
  try {
    cron(options);
  } catch {
    return undefined;
  }
  return `cron({ ${Object.entries(options)
    .map(([name, value]) => `${name}: "${value}"`)
    .join(", ")} })`;
}

/** Sunday is 0 or 7 in a line, but 6 in `cron`: names mean the same in both. */
function weekdayNames(field: string): string | undefined {
  if (/[/]/.test(field) && field !== "*") return undefined;
  return field.toLowerCase().replace(/\d+/g, (digits) => DAYS[Number(digits) % 7]!);
}

function everyFor(field: string): string {
  return field === "?" ? "*" : field;
}

function numberOfName({ names = [], min }: AdvisedField, text: string): number {
  const index = names.indexOf(text);
  return index < 0 ? -1 : index + min;
}

/** Abbreviations of four and five letters count as well: `sept`, `tues`, `thurs`. */
function isFullName(part: string): boolean {
  return (part.match(/[a-z]{4,}/g) ?? []).every((word) => FULL_NAMES.some((name) => name.startsWith(word)));
}

const FULL_NAMES =
  "sunday monday tuesday wednesday thursday friday saturday january february march april may june july august september october november december".split(
    " ",
  );

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { wordNumber } from "../catalogue/word-number.js";

/** A list a reader was shown, and what of it was clicked. Times are in ms. */
export interface Impression {
  readonly reader: number;
  readonly atMs: number;
  readonly current: number | undefined;
  readonly inview: readonly number[];
  readonly clicked: readonly number[];
  readonly device: number | undefined;
  readonly subscriber: boolean | undefined;
  /** Dwell time of the clicked article, s. */
  readonly seconds: number | undefined;
}

/** An article read outside of any list of the log. */
export interface Reading {
  readonly reader: number;
  readonly atMs: number;
  readonly article: number;
  readonly seconds: number | undefined;
}

export interface LoggedArticle {
  readonly article: number;
  /** Numbers that stand for what the log calls them. */
  readonly channel: number | undefined;
  readonly author: number | undefined;
  readonly title: string | undefined;
}

export interface Log {
  readonly directory: string;
  readonly impressions: readonly Impression[];
  readonly readings: readonly Reading[];
  readonly articles: readonly LoggedArticle[];
}

/** Input that cannot be used; the message names the file and the line. */
export class BadLog extends Error {
  override readonly name = "BadLog";
}

/** Reads the log of a directory: impressions, and history, history_extra and articles where there are any; plain or .gz. */
export function readLog(directory: string, warn: (message: string) => void): Log {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) throw new BadLog(`${directory} is not a directory`);
  const impressions = readTable(directory, "impressions.tsv", impression, warn);
  if (impressions.length === 0) throw new BadLog(`${join(directory, "impressions.tsv")} has no impressions`);
  const optional = <Row>(name: string, parse: (cell: Cells) => Row | undefined) =>
    find(directory, name) === undefined ? [] : readTable(directory, name, parse, warn);
  return {
    directory,
    impressions: impressions.sort(byTime),
    readings: [...optional("history.tsv", reading), ...optional("history_extra.tsv", reading)].sort(byTime),
    articles: optional("articles.tsv", article),
  };
}

/** The cell of a column; `absent` is the content of a column that a table does not have and need not have. */
type Cells = (column: string, absent?: string) => Cell;

function impression(cell: Cells): Impression | undefined {
  const [reader, atMs] = [cell("user_id").integer(), cell("time").integer() * 1_000];
  const inview = cell("inview").integers();
  const clicked = cell("clicked").integers();
  const missing = clicked.find((id) => !inview.includes(id));
  if (inview.length === 0) return cell("inview").skip("is empty");
  if (missing !== undefined) return cell("clicked").skip(`names ${missing}, which is not in view`);
  const subscriber = cell("subscriber").optional();
  return {
    reader,
    atMs,
    current: cell("current_article").optional(),
    inview: [...new Set(inview)],
    clicked: [...new Set(clicked)],
    device: cell("device").optional(),
    subscriber: subscriber === undefined ? undefined : subscriber !== 0,
    seconds: cell("next_read_time").optional(),
  };
}

function reading(cell: Cells): Reading {
  return {
    reader: cell("user_id").integer(),
    atMs: cell("time").integer() * 1_000,
    article: cell("article_id").integer(),
    seconds: cell("read_time").optional(),
  };
}

/** Of the traits that a log gives, those that the service knows of an article; logs call them by number or by name. */
function article(cell: Cells): LoggedArticle {
  return {
    article: cell("article_id").integer(),
    channel: numberOf(cell("channel", "").text()),
    author: numberOf(cell("author", "").text()),
    title: cell("title", "").text(),
  };
}

/** A number above 0 for a name, in every log the same. */
function numberOf(name: string | undefined): number | undefined {
  return name === undefined ? undefined : Math.max(1, wordNumber(name) >>> 1);
}

function readTable<Row>(
  directory: string,
  name: string,
  parse: (cell: Cells) => Row | undefined,
  warn: (message: string) => void,
): Row[] {
  const path = find(directory, name);
  if (path === undefined) throw new BadLog(`${join(directory, name)} (or ${name}.gz) does not exist`);
  const lines = text(path).split("\n");
  const columns = new Map(
    (lines[0] ?? "")
      .replace(/\r$/, "")
      .split("\t")
      .map((column, at) => [column, at]),
  );
  const rows: Row[] = [];
  for (let line = 1; line < lines.length; line++) {
    const raw = lines[line]!.replace(/\r$/, "");
    if (raw === "") continue;
    const cells = raw.split("\t");
    const row = parse((column, absent) => {
      const at = columns.get(column);
      if (at === undefined && absent === undefined) throw new BadLog(`${path} has no column ${column}`);
      return new Cell(at === undefined ? absent : cells[at], `${path}:${line + 1}: ${column}`, warn);
    });
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

/** One cell of a table, which knows where it stands. */
class Cell {
  readonly #raw: string | undefined;
  readonly #where: string;

  readonly #warn: (message: string) => void;

  constructor(raw: string | undefined, where: string, warn: (message: string) => void) {
    this.#raw = raw;
    this.#where = where;
    this.#warn = warn;
  }

  integer(): number {
    const value = this.optional() ?? this.refuse("is missing");
    return this.#whole(value, this.#raw);
  }

  optional(): number | undefined {
    if (this.#raw === undefined || this.#raw === "") return undefined;
    return this.#number(this.#raw);
  }

  text(): string | undefined {
    return this.#raw?.trim() === "" ? undefined : this.#raw?.trim();
  }

  integers(): number[] {
    if (this.#raw === undefined || this.#raw.trim() === "") return [];
    return this.#raw
      .trim()
      .split(/ +/)
      .map((raw) => this.#whole(this.#number(raw), raw));
  }

  /** A row that says nothing is left out, and said to be. */
  skip(why: string): undefined {
    this.#warn(`${this.#where} ${why}; the row is left out`);
  }

  refuse(why: string): never {
    throw new BadLog(`${this.#where} ${why}`);
  }

  #number(raw: string): number {
    const value = Number(raw);
    if (!Number.isFinite(value) || value < 0) this.refuse(`must be a number, not ${JSON.stringify(raw)}`);
    return value;
  }

  #whole(value: number, raw: string | undefined): number {
    return Number.isSafeInteger(value) ? value : this.refuse(`must be a whole number, not ${JSON.stringify(raw)}`);
  }
}

function find(directory: string, name: string): string | undefined {
  return [join(directory, name), join(directory, `${name}.gz`)].find((path) => existsSync(path));
}

function text(path: string): string {
  const bytes = readFileSync(path);
  try {
    return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (cause) {
    throw new BadLog(`${path} cannot be unpacked: ${(cause as Error).message}`, { cause });
  }
}

function byTime(a: { atMs: number }, b: { atMs: number }): number {
  return a.atMs - b.atMs;
}

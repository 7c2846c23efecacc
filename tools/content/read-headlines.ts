import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";

export interface Headline {
  readonly title: string;
  readonly source: string;
  readonly keywords: readonly string[];
  /** 0 for a headline without a category. */
  readonly channelId: number;
}

export interface Headlines {
  readonly headlines: readonly Headline[];
  /** Categories of the file, by their first name. */
  readonly categoryNames: ReadonlyMap<number, string>;
  /** Titles that were cut or rid of control characters. */
  readonly cleaned: number;
  /** Rows without a title. */
  readonly skipped: number;
}

/** The file is not what it should be; the message names the line and the column. */
export class BadFile extends Error {}

const COLUMNS = ["title", "source", "category_code", "category", "keywords"] as const;
type Column = (typeof COLUMNS)[number];

const TITLE_CHARACTERS_MAX = 100;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Reads and checks a whole file of tab-separated headlines, plain or gzipped, before anything is written. */
export async function readHeadlines(path: string): Promise<Headlines> {
  const headlines: Headline[] = [];
  const categoryNames = new Map<number, string>();
  let cleaned = 0;
  let skipped = 0;
  let read: RowReader | undefined;
  let lineNumber = 0;
  for await (const line of linesOf(path)) {
    lineNumber += 1;
    if (read === undefined) {
      read = rowReader(line.replace(/^\ufeff/, ""));
      continue;
    }
    if (line === "") continue;
    const row = read(line, lineNumber);
    const title = cleanTitle(row.title);
    if (title === "") {
      skipped += 1;
      continue;
    }
    if (title !== row.title) cleaned += 1;
    const channelId = channelOf(row, lineNumber);
    if (channelId !== 0 && row.category !== "" && !categoryNames.has(channelId)) {
      categoryNames.set(channelId, row.category);
    }
    const keywords = row.keywords.split(",").filter((word) => word !== "");
    headlines.push({ title, source: row.source, keywords, channelId });
  }
  if (read === undefined) throw new BadFile("the file is empty; line 1 must name the columns");
  if (headlines.length === 0) throw new BadFile("the file has no headlines after line 1");
  return { headlines, categoryNames, cleaned, skipped };
}

type RowReader = (line: string, lineNumber: number) => Readonly<Record<Column, string>>;

function rowReader(header: string): RowReader {
  if (header.includes("\0")) throw new BadFile("line 1 is not text");
  const names = header.split("\t");
  const shown = JSON.stringify(header.slice(0, 80));
  if (names.length === 1 && header.includes(","))
    throw new BadFile(`line 1 has commas and no tabs, so this is not tab-separated: ${shown}`);
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new BadFile(
      `line 1 must name the columns; ${missing.map((name) => `"${name}"`).join(", ")} missing in ${shown}`,
    );
  }
  const positions = COLUMNS.map((name) => [name, names.indexOf(name)] as const);
  return (line, lineNumber) => {
    const cells = line.split("\t");
    if (cells.length !== names.length) {
      throw new BadFile(`line ${lineNumber} has ${cells.length} columns where line 1 names ${names.length}`);
    }
    return Object.fromEntries(positions.map(([name, at]) => [name, cells[at] ?? ""])) as Record<Column, string>;
  };
}

/** One line of at most 100 characters, as the gateway would accept it. */
export function cleanTitle(title: string): string {
  const line = title
    .replace(CONTROL, " ")
    .replace(/\p{Surrogate}/gu, "")
    .trim();
  const characters = [...line];
  return characters.length <= TITLE_CHARACTERS_MAX
    ? line
    : `${characters.slice(0, TITLE_CHARACTERS_MAX - 1).join("")}…`;
}

function channelOf({ category_code: code }: Record<Column, string>, lineNumber: number): number {
  if (code === "") return 0;
  if (!/^\d{1,9}$/.test(code)) {
    throw new BadFile(`line ${lineNumber}, column category_code: ${JSON.stringify(code.slice(0, 40))} is not a number`);
  }
  return Number(code);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const bytes = createReadStream(path);
  const input = (await isGzip(path)) ? bytes.pipe(createGunzip()) : bytes;
  // pipe() does not hand on the failure of what it reads from.
  bytes.once("error", (error) => input.destroy(error));
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  const failed = new Promise<never>((_, reject) => input.once("error", reject));
  failed.catch(() => undefined); // it is waited for below, line by line
  const iterator = lines[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([iterator.next(), failed]);
    if (next.done) return;
    yield next.value;
  }
}

/** By its first bytes, whatever its name. */
async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

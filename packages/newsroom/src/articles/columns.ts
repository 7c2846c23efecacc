/** A column of `articles` that its author writes: as the database keeps it, and as HTTP shows it. */
interface Column<Value, Stored extends string | number> {
  readonly name: string;
  readonly toStored: (value: Value) => Stored;
  /** @throws TypeError for what cannot be read. */
  readonly fromStored: (stored: Stored) => Value;
  /** Stands in for a value that cannot be read, where its author is shown the article. */
  readonly unreadable: Value;
  readonly show: (value: Value) => unknown;
}

function column<Value, Stored extends string | number>(spec: Column<Value, Stored>): Column<Value, Stored> {
  return spec;
}

const same = <Value>(value: Value): Value => value;

/**
 * Every column that an author writes, by the name the code has for it. Reading, writing, importing and showing articles follow
 * this table; besides it a new column needs its migration and its validation (docs/how-to/add-a-column.md).
 */
export const WRITTEN = {
  title: column({ name: "title", toStored: same<string>, fromStored: same<string>, unreadable: "", show: same }),
  channelId: column({ name: "channel_id", toStored: same<number>, fromStored: Number, unreadable: 0, show: String }),
  cover: column({
    name: "cover",
    toStored: (cover: readonly string[]): string => JSON.stringify(cover),
    fromStored: readCover,
    unreadable: [],
    show: same,
  }),
};

type Written = typeof WRITTEN;
type WrittenName = keyof Written;

/** An article's written fields, but for its content. */
export type WrittenFields = {
  readonly [Name in WrittenName]: Written[Name] extends Column<infer Value, infer _> ? Value : never;
};

/** A row that was selected with `writtenColumns`. */
export type WrittenRow = Readonly<Record<string, unknown>>;

export const WRITTEN_COLUMNS: readonly string[] = Object.values(WRITTEN).map(({ name }) => name);

const ENTRIES = Object.entries(WRITTEN) as unknown as readonly (readonly [
  WrittenName,
  Column<unknown, string | number>,
])[];

/** Every field empty, for articles of a source that has not all of them. */
export const UNWRITTEN: WrittenFields = fieldsOf(({ unreadable }) => unreadable);

/** The columns for a SELECT: `a.title, a.channel_id, …` */
export function writtenColumns(alias: string): string {
  return WRITTEN_COLUMNS.map((name) => `${alias}.${name}`).join(", ");
}

/** Values in the order of `WRITTEN_COLUMNS`; null for a field that is not given. */
export function toStored(fields: Partial<WrittenFields>): (string | number | null)[] {
  return ENTRIES.map(([field, { toStored }]) => (fields[field] === undefined ? null : toStored(fields[field])));
}

/** @throws TypeError for a value that cannot be read. */
export function fromStored(row: WrittenRow): WrittenFields {
  return fieldsOf(({ name, fromStored }) => fromStored(row[name] as string | number));
}

/** Reads a row for its author, who can mend it: what cannot be read is empty. */
export function fromStoredOrEmpty(row: WrittenRow): WrittenFields {
  return fieldsOf(({ name, fromStored, unreadable }) => {
    try {
      return fromStored(row[name] as string | number);
    } catch {
      return unreadable;
    }
  });
}

/** The fields as HTTP shows them, by their column's name. */
export function showWritten(fields: WrittenFields): Record<string, unknown> {
  return Object.fromEntries(ENTRIES.map(([field, { name, show }]) => [name, show(fields[field])]));
}

/** @throws TypeError for anything but a JSON array of texts. */
export function readCover(text: string): readonly string[] {
  const cover: unknown = JSON.parse(text);
  if (!Array.isArray(cover) || !cover.every((url) => typeof url === "string"))
    throw new TypeError("a cover is an array of URLs");
  return cover;
}

function fieldsOf(value: (column: Column<unknown, string | number>) => unknown): WrittenFields {
  return Object.fromEntries(ENTRIES.map(([field, column]) => [field, value(column)])) as unknown as WrittenFields;
}

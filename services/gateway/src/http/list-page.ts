import { z } from "zod";
import { decimal, INT64_MAX, idText } from "./read.js";

const PER_PAGE_MAX = 50;
const POSITION = /^(0|[1-9]\d{0,18})-(0|[1-9]\d{0,18})$/;

/** Query of a list: `next` of the page before as `before`, and the length of a page. */
export function listQuery({ perPage }: { perPage: number }) {
  return z.object({
    before: idText.optional(),
    per_page: decimal({ min: 1, max: PER_PAGE_MAX }).default(perPage),
  });
}

export interface ListQuery {
  readonly before?: bigint | undefined;
  readonly per_page: number;
}

/** Rows of one page of a list, and the fields that lead to the next one. */
export interface ListPage<Row> {
  readonly rows: readonly Row[];
  readonly more: { readonly has_more: boolean; readonly next: string | null };
}

interface Source<Row> {
  /** Reads `count` rows with ids below `before`, the largest first. */
  readonly read: (before: bigint, count: number) => Promise<readonly Row[]>;
  readonly idOf: (row: Row) => bigint | string;
}

/** Reads one row more than a page shows: only that row says whether there are more. `next` is the id of the last row shown. */
export async function listPage<Row>(
  { before = INT64_MAX, per_page }: ListQuery,
  { read, idOf }: Source<Row>,
): Promise<ListPage<Row>> {
  return pageOf(await read(before, per_page + 1), per_page, (row) => String(idOf(row)));
}

/** Place in a list that is sorted by time, which rows can share. */
export interface Position {
  readonly atMs: bigint;
  readonly id: bigint;
}

/** `<ms>-<id>`, as `next` has it. */
const positionText = z
  .string({ error: "must be given once, as `next` of the page before" })
  .refine((text) => POSITION.test(text) && text.split("-").every((part) => BigInt(part) <= INT64_MAX), {
    error: "must be `next` of the page before",
  })
  .transform((text): Position => {
    const [atMs = "", id = ""] = text.split("-");
    return { atMs: BigInt(atMs), id: BigInt(id) };
  })
  .meta({ pattern: POSITION.source });

/** Query of a list that is sorted by time. */
export function timedListQuery({ perPage }: { perPage: number }) {
  return listQuery({ perPage }).extend({ before: positionText.optional() });
}

export interface TimedListQuery {
  readonly before?: Position | undefined;
  readonly per_page: number;
}

const LATEST: Position = { atMs: INT64_MAX, id: INT64_MAX };

/** Reads a page of a list that is sorted by time, as `listPage` does. `next` is the position of the last row shown. */
export async function timedListPage<Row extends { readonly position: Position }>(
  { before = LATEST, per_page }: TimedListQuery,
  read: (before: Position, count: number) => Promise<readonly Row[]>,
): Promise<ListPage<Row>> {
  return pageOf(await read(before, per_page + 1), per_page, ({ position }) => `${position.atMs}-${position.id}`);
}

function pageOf<Row>(found: readonly Row[], perPage: number, nextOf: (row: Row) => string): ListPage<Row> {
  const rows = found.slice(0, perPage);
  const last = rows.at(-1);
  const hasMore = found.length > perPage && last !== undefined;
  return { rows, more: { has_more: hasMore, next: hasMore ? nextOf(last) : null } };
}

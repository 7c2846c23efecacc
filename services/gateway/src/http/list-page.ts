import { z } from "zod";
import { decimal, INT64_MAX, idText } from "./read.js";

const PER_PAGE_MAX = 50;

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
  const found = await read(before, per_page + 1);
  const rows = found.slice(0, per_page);
  const last = rows.at(-1);
  const hasMore = found.length > per_page && last !== undefined;
  return { rows, more: { has_more: hasMore, next: hasMore ? String(idOf(last)) : null } };
}

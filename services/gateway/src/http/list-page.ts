/** One page of a list as it is read: what it shows, and where the next one begins. */
export interface ListPage<Row> {
  readonly rows: readonly Row[];
  readonly more: { readonly has_more: boolean; readonly next: string | null };
}

/** Reads one row more than a page shows: only that row says whether there are more. `next` is the id of the last row shown. */
export async function readListPage<Row>(
  perPage: number,
  readRows: (count: number) => Promise<readonly Row[]>,
  idOf: (row: Row) => bigint | string,
): Promise<ListPage<Row>> {
  const found = await readRows(perPage + 1);
  const rows = found.slice(0, perPage);
  const last = rows.at(-1);
  const hasMore = found.length > perPage && last !== undefined;
  return { rows, more: { has_more: hasMore, next: hasMore ? String(idOf(last)) : null } };
}

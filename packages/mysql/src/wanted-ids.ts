/**
 * A list of ids that comes as one JSON parameter, as the table `want`: one statement text, prepared once, whatever the ids.
 * `FROM ${WANTED_IDS} STRAIGHT_JOIN articles a ON a.id = want.id` looks rows up by the ids, one by one; the result has no order.
 */
export const WANTED_IDS = "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) want";

/** The parameter of `WANTED_IDS`, each id once. */
export function idList(ids: Iterable<bigint>): string {
  return `[${[...new Set(ids)].join(",")}]`;
}

/** The parameter of `LIMIT ?`: a negative number or NaN would be no limit at all to some servers. */
export function limitOf(count: number): bigint {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError("a limit is a whole number, at least 0");
  return BigInt(count);
}

/** Cuts a list into pieces of a power of two: statements with as many placeholders as rows then have few texts. */
export function inPieces<T>(rows: readonly T[], most = 16): readonly (readonly T[])[] {
  const pieces: (readonly T[])[] = [];
  for (let from = 0; from < rows.length; ) {
    const left = Math.min(rows.length - from, most);
    const size = 2 ** Math.floor(Math.log2(left));
    pieces.push(rows.slice(from, from + size));
    from += size;
  }
  return pieces;
}

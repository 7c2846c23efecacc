/** The inside of `IN (…)`: ids are bigints, so their digits are safe to put into SQL. Never call it with none. */
export function inList(ids: readonly bigint[]): string {
  if (ids.length === 0) throw new RangeError("inList needs at least one id");
  return ids.join(",");
}

/** Ids are whole numbers, too large for a number. */
export function isLaterId(id: string, than: string): boolean {
  return BigInt(id) > BigInt(than);
}

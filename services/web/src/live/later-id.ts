/** Whether an id is later than another: ids are whole numbers, too large for a JavaScript number. */
export function isLaterId(id: string, than: string): boolean {
  return BigInt(id) > BigInt(than);
}

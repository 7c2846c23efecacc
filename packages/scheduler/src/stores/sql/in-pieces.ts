const COUNT_MAX = 200;
/** Bytes in one statement. Escaped twice they are four times as long, and packets of MariaDB end at 16 MB. */
const SIZE_MAX = 1_000_000;

/** Splits a list into parts for one statement each: not too many entries, and together not too long for a packet. */
export function inPieces<T>(items: readonly T[], sizeOf: (item: T) => number): T[][] {
  const pieces: T[][] = [];
  let size = 0;
  for (const item of items) {
    const piece = pieces.at(-1);
    const more = sizeOf(item);
    if (piece === undefined || piece.length >= COUNT_MAX || size + more > SIZE_MAX) {
      pieces.push([item]);
      size = more;
    } else {
      piece.push(item);
      size += more;
    }
  }
  return pieces;
}

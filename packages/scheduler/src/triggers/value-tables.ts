/** Returns a table of the next value at or after each index, -1 for none; it has one entry more than there are values. */
export function nextTable(values: Iterable<number>, size: number): Int8Array {
  const table = new Int8Array(size + 1).fill(-1);
  for (const value of values) table[value] = value;
  for (let value = size - 1; value >= 0; value--) if (table[value] === -1) table[value] = table[value + 1]!;
  return table;
}

/** Bit v for value v; values up to 31. */
export function bitsOf(values: Iterable<number>): number {
  let bits = 0;
  for (const value of values) bits |= 1 << value;
  return bits;
}

/** The bits of days 1 to `length`. */
export function monthBits(length: number): number {
  return length === 31 ? 0xfffffffe | 0 : (1 << (length + 1)) - 2;
}

/** Returns, for each weekday on which a month may begin, its days that fall on one of `weekdays` (bit w for weekday w). */
export function weekdayTable(weekdays: number): readonly number[] {
  weekdayTables[weekdays] ??= Array.from({ length: 7 }, (_, firstWeekday) => {
    let bits = 0;
    for (let day = 1; day <= 31; day++) bits |= ((weekdays >>> ((firstWeekday + day - 1) % 7)) & 1) << day;
    return bits;
  });
  return weekdayTables[weekdays];
}

/** There are 128 sets of weekdays; schedulers make triggers far more often than that. */
const weekdayTables: (readonly number[])[] = [];

/** The number of the lowest bit that is set. */
export function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

import type { Statements, Transaction } from "@headline/mysql";

export interface PromotionDay {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly capacity: number;
  readonly available: number;
}

/** Slots left on each of `days`; a day without orders has all of them. */
export async function promotionDays(
  on: Statements,
  days: readonly string[],
  slotsPerDay: number,
): Promise<PromotionDay[]> {
  const rows = await on.query<{ day: string; capacity: number; available: number }>(
    `SELECT CAST(day AS CHAR) AS day, capacity, available FROM promotion_days WHERE day IN (${days.map(() => "?").join(", ")})`,
    [...days],
  );
  const known = new Map(rows.map((row) => [row.day, row]));
  return days.map((day) => {
    const { capacity, available } = known.get(day) ?? { capacity: slotsPerDay, available: slotsPerDay };
    return { day, capacity, available };
  });
}

/** Takes one slot; false when none is left. The day's row stays locked until the transaction ends: come to it last. */
export async function takeSlot(tx: Transaction, day: string, slotsPerDay: number): Promise<boolean> {
  if (await takeOne(tx, day)) return true;
  // Nothing is left, or the day has no row yet.
  await tx.write("INSERT IGNORE INTO promotion_days (day, capacity, available) VALUES (?, ?, ?)", [
    day,
    slotsPerDay,
    slotsPerDay,
  ]);
  return takeOne(tx, day);
}

export async function giveSlotBack(tx: Transaction, day: string): Promise<void> {
  await tx.write("UPDATE promotion_days SET available = available + 1 WHERE day = ?", [day]);
}

async function takeOne(tx: Transaction, day: string): Promise<boolean> {
  const { affectedRows } = await tx.write(
    "UPDATE promotion_days SET available = available - 1 WHERE day = ? AND available > 0",
    [day],
  );
  return affectedRows === 1;
}

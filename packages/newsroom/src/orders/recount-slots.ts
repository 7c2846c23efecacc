import type { Mysql } from "@headline/mysql";

export interface SlotReport {
  readonly daysChecked: number;
  readonly wrong: number;
  readonly largestError: number;
}

/**
 * Compares what each day from yesterday on says is available with its orders, and repairs it. The day is locked before its
 * orders are counted, and orders and cancellations lock that row last: transactions in progress wait for this.
 */
export async function recountSlots(mysql: Mysql): Promise<SlotReport> {
  const days = await mysql.query<{ day: string }>(
    "SELECT CAST(day AS CHAR) AS day FROM promotion_days WHERE day >= UTC_DATE() - INTERVAL 1 DAY ORDER BY day",
  );
  const errors: number[] = [];
  for (const { day } of days) errors.push(await recountDay(mysql, day));
  const sizes = errors.map(Math.abs);
  return {
    daysChecked: days.length,
    wrong: sizes.filter((size) => size > 0).length,
    largestError: Math.max(0, ...sizes),
  };
}

/** Difference that was corrected on a day. */
function recountDay(mysql: Mysql, day: string): Promise<number> {
  return mysql.transaction(async (tx) => {
    const [row] = await tx.query<{ capacity: number; available: number }>(
      "SELECT capacity, available FROM promotion_days WHERE day = ? FOR UPDATE",
      [day],
    );
    const [orders] = await tx.query<{ standing: string }>(
      "SELECT COUNT(standing) AS standing FROM orders WHERE day = ?",
      [day],
    );
    if (row === undefined || orders === undefined) return 0;
    const available = row.capacity - Number(orders.standing);
    if (available !== row.available)
      await tx.write("UPDATE promotion_days SET available = ? WHERE day = ?", [Math.max(0, available), day]);
    return row.available - available;
  });
}

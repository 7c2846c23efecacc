import { limitOf, type Statements } from "@headline/mysql";
import { CANCELLED, PAID, UNPAID } from "../schema/index.js";

const STATUS_NAMES = { [UNPAID]: "unpaid", [PAID]: "paid", [CANCELLED]: "cancelled" } as const;

export type OrderStatus = (typeof STATUS_NAMES)[keyof typeof STATUS_NAMES];

/** A place among the promoted articles of a day. Times are epoch ms by the database's clock. */
export interface Order {
  readonly orderId: bigint;
  readonly userId: bigint;
  readonly articleId: bigint;
  /** As it is now; empty when the article is no more. */
  readonly articleTitle: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly priceFen: number;
  readonly status: OrderStatus;
  readonly createdAtMs: number;
  /** When it is cancelled unless it is paid before. */
  readonly expiresAtMs: number;
  readonly paidAtMs: number | null;
  readonly cancelledAtMs: number | null;
  readonly promotedFromMs: number | null;
  readonly promotedUntilMs: number | null;
}

export interface OrderRow {
  readonly id: string;
  readonly user_id: string;
  readonly article_id: string;
  readonly article_title: string | null;
  readonly day: string;
  readonly price_fen: number;
  readonly status: keyof typeof STATUS_NAMES;
  readonly created_at: string;
  readonly expires_at: string;
  readonly paid_at: string | null;
  readonly cancelled_at: string | null;
  readonly promoted_from: string | null;
  readonly promoted_until: string | null;
}

export const ORDER_COLUMNS = `id, user_id, article_id, CAST(day AS CHAR) AS day, price_fen, status, created_at, expires_at,
  paid_at, cancelled_at, promoted_from, promoted_until,
  (SELECT title FROM articles WHERE articles.id = orders.article_id) AS article_title`;

export async function readOrder(on: Statements, orderId: bigint): Promise<Order | undefined> {
  const [row] = await on.query<OrderRow>(`SELECT ${ORDER_COLUMNS} FROM orders WHERE id = ?`, [orderId]);
  return row && toOrder(row);
}

/** A user's orders, the newest first, from below `before` on. */
export async function readOrdersOf(on: Statements, userId: bigint, before: bigint, count: number): Promise<Order[]> {
  const rows = await on.query<OrderRow>(
    `SELECT ${ORDER_COLUMNS} FROM orders WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
    [userId, before, limitOf(count)],
  );
  return rows.map(toOrder);
}

export function toOrder(row: OrderRow): Order {
  return {
    orderId: BigInt(row.id),
    userId: BigInt(row.user_id),
    articleId: BigInt(row.article_id),
    articleTitle: row.article_title ?? "",
    day: row.day,
    priceFen: row.price_fen,
    status: STATUS_NAMES[row.status],
    createdAtMs: Number(row.created_at),
    expiresAtMs: Number(row.expires_at),
    paidAtMs: numberOrNull(row.paid_at),
    cancelledAtMs: numberOrNull(row.cancelled_at),
    promotedFromMs: numberOrNull(row.promoted_from),
    promotedUntilMs: numberOrNull(row.promoted_until),
  };
}

function numberOrNull(value: string | null): number | null {
  return value === null ? null : Number(value);
}

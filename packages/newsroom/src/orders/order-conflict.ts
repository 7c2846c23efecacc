/** Contradictions between what is asked for and how orders stand. */
export type ConflictCode =
  | "SOLD_OUT"
  | "ALREADY_ORDERED"
  | "ORDER_EXPIRED"
  | "ORDER_CANCELLED"
  | "ORDER_PAID"
  | "PROMOTED";

/** A request that contradicts the state of things; nothing has changed. */
export class OrderConflict extends Error {
  constructor(
    readonly code: ConflictCode,
    message: string,
  ) {
    super(message);
    this.name = "OrderConflict";
  }
}

/** `articles.status`: public. */
export const PUBLISHED = 1;
/** `articles.status`: the row stays for those who refer to it. */
export const DELETED = 2;
/** `articles.status`: waits for `publish_at`, or is held back where that is NULL. */
export const SCHEDULED = 3;
export type ArticleStatus = typeof PUBLISHED | typeof DELETED | typeof SCHEDULED;

/** `orders.status`: waits for payment until `expires_at`. */
export const UNPAID = 1;
/** `orders.status`: its article is promoted from `promoted_from` to `promoted_until`. */
export const PAID = 2;
/** `orders.status`: withdrawn, expired, or ended with its article. */
export const CANCELLED = 3;
export type OrderStatusCode = typeof UNPAID | typeof PAID | typeof CANCELLED;

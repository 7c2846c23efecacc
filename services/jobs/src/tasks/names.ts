/** The tasks of the timetable, as jobs in the store name them. A name that jobs carry is never given to something else. */
export const CORRECT_STATISTICS = "statistics.correct";
export const BUILD_PAGES = "pages.build";
export const HEAL_ORDERS = "orders.heal";
export const HEAL_ARTICLES = "articles.heal";
export const PRUNE_CHANGES = "changes.prune";
export const PRUNE_IDEMPOTENCY_KEYS = "idempotencyKeys.prune";
export const PRUNE_PAGES = "pages.prune";
export const PRUNE_NOTIFICATIONS = "notifications.prune";
export const PRUNE_INBOXES = "notifications.pruneInboxes";
export const PRUNE_EVENTS = "events.prune";
export const PRUNE_ORDERS = "orders.prune";
export const PRUNE_DELETED_COMMENTS = "deletedComments.prune";
export const PRUNE_SIGN_INS = "signIns.prune";

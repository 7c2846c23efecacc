import type { Notification } from "../api/wire.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";

/** Text of a notification, after the actor's name. */
export function whatHappened({ kind }: Notification): string {
  return words.value.notificationKinds[kind] ?? words.value.newNotification;
}

/** Where it happened. */
export function hrefFor({ kind, article_id, actor_id }: Notification): string {
  if (kind.startsWith("order")) return hrefOf.orders;
  if (article_id !== undefined) return hrefOf.article(article_id);
  return actor_id === null ? hrefOf.notifications : hrefOf.user(actor_id);
}

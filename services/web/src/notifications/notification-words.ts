import type { Notification } from "@headline/client";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";

/** Text of a notification, after the actor's name. */
export function textOf({ kind }: Notification): string {
  return words.value.notificationKinds[kind] ?? words.value.newNotification;
}

/** Link of a notification. */
export function hrefFor({ kind, article_id, actor_id }: Notification): string {
  if (kind.startsWith("order")) return hrefOf.orders;
  if (article_id !== undefined) return hrefOf.article(article_id);
  return actor_id === null ? hrefOf.notifications : hrefOf.user(actor_id);
}

import type { ChangeTopic } from "../schema/index.js";

/** Kinds of notifications, each with its subject. */
export const NOTIFICATION_KINDS = [
  "new_article", // an article of a followed author
  "article_published", // one's own article, at its time
  "order_cancelled", // an order
  "order_paid", // an order
  "followed", // the new follower
  "liked", // one's own article
  "commented", // a comment under one's own article
] as const;

export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** As it is kept. */
export interface NewNotification {
  /** The recipient. */
  readonly userId: bigint;
  readonly kind: NotificationKind;
  /** Its subject: an article, an order, a comment (`commented`), a follower (`followed`). */
  readonly subjectId: bigint;
  /** The user who caused it; absent for the product itself. */
  readonly actorId?: bigint;
}

/** As it is shown. */
export interface Notification {
  readonly id: bigint;
  readonly userId: bigint;
  readonly kind: NotificationKind;
  readonly subjectId: bigint;
  readonly actorId: bigint | null;
  /** Null without an actor, and for an actor of another issuer who has no name here. */
  readonly actorName: string | null;
  /** Of the article that it leads to, if that is there to be read. */
  readonly articleId: bigint | null;
  readonly title: string | null;
  readonly createdAt: Date;
  readonly readAt: Date | null;
}

/** Notifications retained for each user; older ones are pruned. */
export const INBOX_MAX = 500;

/** Topic of one notification: the subject is the user, the version the notification's id. */
export const NOTIFICATION_TOPIC = "notification" satisfies ChangeTopic;

/** Topic of many notifications at once: the subject is the new article. */
export const FAN_OUT_TOPIC = "fan-out" satisfies ChangeTopic;

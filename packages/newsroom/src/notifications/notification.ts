import type { ChangeTopic } from "../schema/index.js";

/** Kinds of notifications: recipient and subject in words, which `npm run generate` brings into docs/http-api.md. */
export const NOTIFICATIONS = {
  new_article: { to: "followers", subject: "the article" },
  article_published: { to: "its author, when its time has come", subject: "the article" },
  order_cancelled: { to: "who ordered", subject: "the order" },
  order_paid: { to: "who ordered", subject: "the order" },
  followed: { to: "who is followed, once for each follower", subject: "the follower" },
  liked: {
    to: "the author, once for each reader and article, however often it is taken back",
    subject: "the article",
  },
  commented: { to: "the author, until the comment is deleted", subject: "the comment" },
} as const satisfies Readonly<Record<string, { readonly to: string; readonly subject: string }>>;

export type NotificationKind = keyof typeof NOTIFICATIONS;

export const NOTIFICATION_KINDS = Object.keys(NOTIFICATIONS) as readonly NotificationKind[];

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

/** What users are told of. */
export type NotificationKind =
  | "new_article"
  | "article_published"
  | "order_cancelled"
  | "order_paid"
  | "followed"
  | "liked"
  | "commented";

/** As it is kept. */
export interface NewNotification {
  /** Who is told. */
  readonly userId: bigint;
  readonly kind: NotificationKind;
  /** What it is about: an article, an order, a comment of kind `commented`, a follower of kind `followed`. */
  readonly subjectId: bigint;
  /** Who did it; nobody for what the product did. */
  readonly actorId?: bigint;
}

/** As it is shown. */
export interface Notification {
  readonly id: bigint;
  readonly userId: bigint;
  readonly kind: NotificationKind;
  readonly subjectId: bigint;
  readonly actorId: bigint | null;
  /** Null for nobody, and for who signs in elsewhere and has no name here. */
  readonly actorName: string | null;
  /** Of the article that it leads to, if that is there to be read. */
  readonly articleId: bigint | null;
  readonly title: string | null;
  readonly createdAt: Date;
  readonly readAt: Date | null;
}

/** How many of a user's notifications are kept; what is older goes. */
export const INBOX_MAX = 500;

/** The change that tells of one notification: its subject is the user, its version the notification's id. */
export const NOTIFICATION_TOPIC = "notification";

/** The change that tells of many at once: its subject is the new article that followers were told of. */
export const FAN_OUT_TOPIC = "fan-out";

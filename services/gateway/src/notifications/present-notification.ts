import type { Notification } from "@headline/newsroom/notifications";

/** On the wire, pushed and asked for alike. Who signs in elsewhere may have no name here. */
export function presentNotification(notification: Notification) {
  const { id, kind, subjectId, actorId, actorName, articleId, title, createdAt, readAt } = notification;
  return {
    id: String(id),
    kind,
    subject_id: String(subjectId),
    actor_id: actorId === null ? null : String(actorId),
    actor_name: actorId === null ? null : (actorName ?? `user ${actorId}`),
    ...(articleId !== null && { article_id: String(articleId) }),
    ...(title !== null && { title }),
    created_at: createdAt.toISOString(),
    read_at: readAt?.toISOString() ?? null,
  };
}

export type PresentedNotification = ReturnType<typeof presentNotification>;

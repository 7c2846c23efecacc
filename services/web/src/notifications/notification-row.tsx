import type { Notification } from "../api/wire.js";
import { hrefOf } from "../app/routes.js";
import { TimeAgo } from "../components/time-ago.js";
import { words } from "../language/language.js";
import { Avatar } from "../users/avatar.js";

/** What happened, who did it, and the way there. */
export function NotificationRow({ notification }: { notification: Notification }) {
  const { kind, actor_name: name, title, created_at, read_at } = notification;
  const text = words.value;
  return (
    <li class={read_at === null ? "row unread" : "row"}>
      <a class="comment" href={hrefFor(notification)}>
        <Avatar name={name ?? text.brand} />
        <span class="lines">
          <span>
            {name && <b>{name} </b>}
            {text.notificationKinds[kind] ?? text.newNotification}
          </span>
          {title && <span class="about">{title}</span>}
          <small>
            <TimeAgo date={created_at} />
          </small>
        </span>
      </a>
    </li>
  );
}

function hrefFor({ kind, article_id, actor_id }: Notification): string {
  if (kind.startsWith("order")) return hrefOf.orders;
  if (article_id !== undefined) return hrefOf.article(article_id);
  return actor_id === null ? hrefOf.notifications : hrefOf.user(actor_id);
}

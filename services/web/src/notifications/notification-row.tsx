import type { Notification } from "@headline/client";
import { TimeAgo } from "../components/time-ago.js";
import { words } from "../language/language.js";
import { Avatar } from "../users/avatar.js";
import { hrefFor, textOf } from "./notification-words.js";

/** A notification with its actor and link. */
export function NotificationRow({ notification }: { notification: Notification }) {
  const { actor_name: name, title, created_at, read_at } = notification;
  return (
    <li class={read_at === null ? "row unread" : "row"}>
      <a class="comment" href={hrefFor(notification)}>
        <Avatar name={name ?? words.value.brand} />
        <span class="lines">
          <span>
            {name && <b dir="auto">{name}</b>} {textOf(notification)}
          </span>
          {title && (
            <span class="about" dir="auto">
              {title}
            </span>
          )}
          <small>
            <TimeAgo date={created_at} />
          </small>
        </span>
      </a>
    </li>
  );
}

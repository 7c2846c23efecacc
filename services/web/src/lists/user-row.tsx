import type { ListedUser } from "@headline/client";
import type { ComponentChildren } from "preact";
import { hrefOf } from "../routing/routes.js";
import { Avatar } from "../users/avatar.js";

/** A user of a list, with a button beside the name. */
export function UserRow({ user, children }: { user: ListedUser; children: ComponentChildren }) {
  return (
    <li class="row">
      <div class="author-line">
        <a class="who" href={hrefOf.user(user.user_id)}>
          <Avatar name={user.name} />
          <span class="lines">
            <b dir="auto">{user.name}</b>
            {user.about !== "" && <small dir="auto">{user.about}</small>}
          </span>
        </a>
        {children}
      </div>
    </li>
  );
}

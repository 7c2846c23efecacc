import { Badge } from "../components/badge.js";
import { Icon } from "../components/icon.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";
import { unread } from "./notifications.js";

/** Link to the notifications and their count, where the gateway has any. */
export function Bell() {
  const count = unread.value;
  if (count === undefined) return null;
  const label = count === 0 ? words.value.notifications : `${words.value.notifications}, ${count}`;
  return (
    <a class="round bell" href={hrefOf.notifications} aria-label={label}>
      <Icon name="bell" />
      <Badge count={count} />
    </a>
  );
}

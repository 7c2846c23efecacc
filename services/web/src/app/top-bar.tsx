import { BackLink } from "../components/back-link.js";
import { Badge } from "../components/badge.js";
import { Icon } from "../components/icon.js";
import { requestRefresh } from "../feed/refresh-requests.js";
import { words } from "../language/language.js";
import { unreadMessages } from "../messages/conversations.js";
import { Bell } from "../notifications/bell.js";
import { hrefOf, RECOMMENDED, route } from "../routing/routes.js";
import { reader } from "../session/session.js";
import { requestSignIn } from "../session/sign-in-request.js";
import { Avatar } from "../users/avatar.js";

export function TopBar() {
  const text = words.value;
  const who = reader.value;
  const at = route.value.page;
  const hasWayBack = at !== "channel" && at !== "me" && at !== "messages";
  const waiting = unreadMessages.value;
  return (
    <header class="top-bar">
      <div class="top-bar-inner">
        {hasWayBack && <BackLink kind="narrow-only" />}
        <a class="brand" href={hrefOf.channel(RECOMMENDED)}>
          {text.brand}
        </a>
        <span class="gap" />
        {at === "channel" && (
          <button type="button" class="round" aria-label={text.refresh} onClick={requestRefresh}>
            <Icon name="refresh" />
          </button>
        )}
        <Bell />
        {who !== undefined && (
          <a
            class="round wide-only"
            href={hrefOf.messages}
            aria-label={waiting === 0 ? text.messages : `${text.messages}, ${waiting}`}
          >
            <Icon name="mail" />
            <Badge count={waiting} />
          </a>
        )}
        <a class="primary button wide-only" href={hrefOf.publish}>
          <Icon name="write" /> {text.publish}
        </a>
        {who === undefined && (
          <button type="button" class="text-button" onClick={() => requestSignIn()}>
            {text.signIn}
          </button>
        )}
        <a class="round wide-only" href={hrefOf.me} aria-label={text.me}>
          {who === undefined ? <Icon name="user" /> : <Avatar name={who.name} />}
        </a>
      </div>
    </header>
  );
}

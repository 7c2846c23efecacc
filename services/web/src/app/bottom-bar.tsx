import { Badge } from "../components/badge.js";
import { Icon, type IconName } from "../components/icon.js";
import { requestRefresh } from "../feed/refresh-requests.js";
import { words } from "../language/language.js";
import { unreadMessages } from "../messages/conversations.js";
import { hrefOf, RECOMMENDED, route } from "../routing/routes.js";

/** Navigation on a phone. Home refreshes the feed where it is already shown. */
export function BottomBar() {
  const text = words.value;
  const at = route.value;
  const isHome = at.page === "channel";
  const home = (event: MouseEvent) => {
    if (!isHome) return;
    event.preventDefault();
    requestRefresh();
  };
  return (
    <nav class="bottom-bar" aria-label={text.menu}>
      <Tab href={hrefOf.channel(RECOMMENDED)} icon="home" label={text.home} isCurrent={isHome} onClick={home} />
      <Tab href={hrefOf.publish} icon="write" label={text.publish} isCurrent={at.page === "publish"} />
      <Tab
        href={hrefOf.messages}
        icon="mail"
        label={text.messages}
        isCurrent={at.page === "messages"}
        count={unreadMessages.value}
      />
      <Tab href={hrefOf.me} icon="user" label={text.me} isCurrent={at.page === "me"} />
    </nav>
  );
}

interface TabProps {
  readonly href: string;
  readonly icon: IconName;
  readonly label: string;
  readonly isCurrent: boolean;
  readonly count?: number;
  readonly onClick?: (event: MouseEvent) => void;
}

function Tab({ href, icon, label, isCurrent, count = 0, onClick }: TabProps) {
  return (
    <a
      href={href}
      aria-label={count === 0 ? undefined : `${label}, ${count}`}
      aria-current={isCurrent ? "page" : undefined}
      onClick={onClick}
    >
      <Icon name={icon} filled={isCurrent} />
      <Badge count={count} />
      {label}
    </a>
  );
}

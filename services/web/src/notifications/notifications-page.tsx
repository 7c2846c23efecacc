import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { SignInFirst } from "../account/sign-in-first.js";
import { ListFoot } from "../components/list-foot.js";
import { PageHead } from "../components/page-head.js";
import { useList } from "../components/use-list.js";
import { words } from "../language/language.js";
import { onLive } from "../live/live.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { client, reader } from "../session/session.js";
import { NotificationRow } from "./notification-row.js";
import { readUpTo } from "./notifications.js";

/** Missed events come all at once and cause one request. */
const BURST_MS = 100;

export function NotificationsPage() {
  useLayoutEffect(() => restoreScroll(0), []);
  return (
    <section class="plain-page">
      <PageHead title={words.value.notifications} />
      {reader.value === undefined ? <SignInFirst why={words.value.signInToSee} /> : <List key={reader.value.userId} />}
    </section>
  );
}

function List() {
  const list = useList("notifications", (before) => client.call("notifications", { query: { before } }));
  const newest = list.items[0]?.id;
  const reload = useRef(list.reload);
  reload.current = list.reload;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const reloadSoon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => reload.current(), BURST_MS);
    };
    const forget = [onLive("notification", reloadSoon), onLive("caughtUp", reloadSoon)];
    return () => {
      clearTimeout(timer);
      for (const stop of forget) stop();
    };
  }, []);
  useEffect(() => {
    if (newest !== undefined) void readUpTo(newest).catch(() => undefined); // they count as unread until the next visit
  }, [newest]);
  return (
    <>
      <ul class="rows">
        {list.items.map((notification) => (
          <NotificationRow key={notification.id} notification={notification} />
        ))}
      </ul>
      <ListFoot list={list} whenEmpty={words.value.noNotifications} />
    </>
  );
}

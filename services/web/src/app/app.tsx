import { useLayoutEffect, useRef } from "preact/hooks";
import { ChannelTabs } from "../channels/channel-tabs.js";
import { lazy } from "../components/lazy.js";
import { NotFoundPage } from "../components/not-found-page.js";
import { Toaster } from "../components/toast.js";
import { FeedPage } from "../feed/feed-page.js";
import { words } from "../language/language.js";
import { type Route, route } from "../routing/routes.js";
import { reader } from "../session/session.js";
import { signInRequest } from "../session/sign-in-request.js";
import { BottomBar } from "./bottom-bar.js";
import { SideCard } from "./side-card.js";
import { TopBar } from "./top-bar.js";

const ArticlePage = lazy(async () => (await import("../reading/article-page.js")).ArticlePage);
const EditPage = lazy(async () => (await import("../publish/edit-page.js")).EditPage);
const PublishPage = lazy(async () => (await import("../publish/publish-page.js")).PublishPage);
const MyPage = lazy(async () => (await import("../my-page/my-page.js")).MyPage);
const OrdersPage = lazy(async () => (await import("../orders/orders-page.js")).OrdersPage);
const MyListPage = lazy(async () => (await import("../lists/my-list-page.js")).MyListPage);
const FollowsPage = lazy(async () => (await import("../lists/follows-page.js")).FollowsPage);
const UserPage = lazy(async () => (await import("../users/user-page.js")).UserPage);
const MessagesPage = lazy(async () => (await import("../messages/messages-page.js")).MessagesPage);
const ConversationPage = lazy(async () => (await import("../messages/conversation-page.js")).ConversationPage);
const NotificationsPage = lazy(async () => (await import("../notifications/notifications-page.js")).NotificationsPage);
const SignInDialog = lazy(
  async () => (await import("../account/sign-in-dialog.js")).SignInDialog,
  () => null,
);

/** Loads the code of the pages that readers usually open next. */
export function prefetchPages(): void {
  ArticlePage.prefetch();
}

export function App() {
  const at = route.value;
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useLayoutEffect(() => {
    document.title = words.peek().brand;
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus({ preventScroll: true }); // what was focused is gone with its page
  }, [at]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {words.value.skip}
      </button>
      <TopBar />
      <div class={`frame ${at.page}`}>
        <ChannelTabs current={at.page === "channel" ? at.id : undefined} />
        <main id="main" tabIndex={-1} ref={main}>
          {pageAt(at)}
        </main>
        <SideCard />
      </div>
      <BottomBar />
      <Toaster />
      {signInRequest.value !== undefined && <SignInDialog />}
    </>
  );
}

function pageAt(at: Route) {
  switch (at.page) {
    case "channel":
      return <FeedPage channelId={at.id} key={reader.value?.userId ?? "guest"} />;
    case "article":
      return <ArticlePage id={at.id} key={at.id} />;
    case "edit":
      return <EditPage id={at.id} key={at.id} />;
    case "user":
      return <UserPage id={at.id} key={at.id} />;
    case "publish":
      return <PublishPage />;
    case "me":
      return <MyPage />;
    case "my-list":
      return <MyListPage list={at.list} key={at.list} />;
    case "follows":
      return <FollowsPage id={at.id} list={at.list} key={`${at.id} ${at.list}`} />;
    case "orders":
      return <OrdersPage />;
    case "messages":
      return <MessagesPage />;
    case "conversation":
      return <ConversationPage id={at.id} key={`${at.id} ${reader.value?.userId}`} />;
    case "notifications":
      return <NotificationsPage />;
    case "missing":
      return <NotFoundPage />;
  }
}

import type { Channel } from "@headline/client";
import { useSignalEffect } from "@preact/signals";
import { useCallback, useEffect, useLayoutEffect } from "preact/hooks";
import { channelName, channels } from "../channels/channels.js";
import { NotFoundPage } from "../components/not-found-page.js";
import { toast } from "../components/toast.js";
import { words } from "../language/language.js";
import { watchUpdates } from "../live/live.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import type { Feed } from "./feed.js";
import { FeedEntries } from "./feed-entries.js";
import { FeedFoot } from "./feed-foot.js";
import { feedOf } from "./feeds.js";
import { PullIndicator } from "./pull-indicator.js";
import { usePullToRefresh } from "./pull-to-refresh.js";
import { onRefreshRequest } from "./refresh-requests.js";
import { UpdatesPill } from "./updates-pill.js";

export function FeedPage({ channelId }: { channelId: string }) {
  const known = channels.value;
  if (known.length > 0 && known.every(({ id }) => id !== channelId)) return <NotFoundPage />;
  const feed = feedOf(channelId);
  return <FeedView feed={feed} channel={known.find(({ id }) => id === channelId)} key={channelId} />;
}

function FeedView({ feed, channel }: { feed: Feed; channel: Channel | undefined }) {
  const refresh = useCallback(() => void refreshAloud(feed), [feed]);
  useLayoutEffect(() => {
    restoreScroll(feed.scrollY);
    return () => {
      feed.scrollY = scrollY;
    };
  }, [feed]);
  useEffect(() => {
    feed.start();
    return watchUpdates({
      channelId: feed.channelId,
      since: () => feed.since,
      isDegraded: () => feed.isDegraded.peek(),
      onUpdates: (updates) => feed.noteUpdates(updates),
    });
  }, [feed]);
  useEffect(() => onRefreshRequest(refresh), [refresh]);
  usePullToRefresh(refresh);
  useEffect(() => {
    const retry = () => feed.retry();
    addEventListener("online", retry);
    return () => removeEventListener("online", retry);
  }, [feed]);
  // At the top no reading position is lost: the page recovers by itself.
  useSignalEffect(() => {
    if (feed.hasRecovered.value && scrollY < 200) refresh();
  });

  return (
    <section class="feed-page">
      <h1 class="unseen">{channel === undefined ? words.value.feed : channelName(channel)}</h1>
      <PullIndicator isRefreshing={feed.doing.value === "refreshing"} />
      <UpdatesPill feed={feed} refresh={refresh} />
      {feed.isDegraded.value && (
        <p class="notice" role="status">
          {words.value.degraded}
        </p>
      )}
      <FeedEntries feed={feed} refresh={refresh} />
      <FeedFoot feed={feed} />
    </section>
  );
}

async function refreshAloud(feed: Feed): Promise<void> {
  scrollTo({ top: 0 });
  const added = await feed.refresh();
  if (added === undefined || feed.isDegraded.peek()) return;
  toast(added > 0 ? words.peek().recommended(added) : words.peek().nothingNew);
}

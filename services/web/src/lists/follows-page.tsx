import { useLayoutEffect } from "preact/hooks";
import { ListFoot } from "../components/list-foot.js";
import { PageHead } from "../components/page-head.js";
import { words } from "../language/language.js";
import type { FollowList } from "../routing/routes.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { client, reader } from "../session/session.js";
import { FollowButton } from "../users/follow-button.js";
import { ListCount } from "./list-count.js";
import { useCountedList } from "./use-counted-list.js";
import { UserRow } from "./user-row.js";

const PER_PAGE = 20;

/** Page of whom a user follows, or of who follows them. */
export function FollowsPage({ id, list: name }: { id: string; list: FollowList }) {
  const who = reader.value?.userId ?? "guest";
  const { list, count } = useCountedList(`${id} ${who}`, (before) =>
    client.call(name, { params: { id }, query: { before, per_page: PER_PAGE } }),
  );
  const text = words.value;
  useLayoutEffect(() => restoreScroll(0), []);
  return (
    <section class="plain-page">
      <PageHead title={name === "following" ? text.statFollowing : text.statFollowers} />
      <ListCount of={count} />
      <ul class="rows">
        {list.items.map((user) => (
          <UserRow key={user.user_id} user={user}>
            <FollowButton userId={user.user_id} isFollowing={user.following === true} />
          </UserRow>
        ))}
      </ul>
      <ListFoot list={list} whenEmpty={text.nothingListed} />
    </section>
  );
}

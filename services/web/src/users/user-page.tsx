import { useEffect, useLayoutEffect } from "preact/hooks";
import { ArticleCard } from "../articles/article-card.js";
import { ListFoot } from "../components/list-foot.js";
import { PageHead } from "../components/page-head.js";
import { ProblemNote } from "../components/problem-note.js";
import { useList } from "../components/use-list.js";
import { useQuery } from "../components/use-query.js";
import { words } from "../language/language.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { client, reader } from "../session/session.js";
import { Avatar } from "./avatar.js";
import { FollowButton } from "./follow-button.js";
import { MessageLink } from "./message-link.js";
import { Statistics } from "./statistics.js";

/** Page of an author and their articles. */
export function UserPage({ id }: { id: string }) {
  const who = reader.value?.userId ?? "guest";
  const { value: user, problem, reload } = useQuery(`${id} ${who}`, () => client.call("user", { params: { id } }));
  const list = useList(id, (before) => client.call("userArticles", { params: { id }, query: { before } }));
  useLayoutEffect(() => restoreScroll(0), [id]);
  useEffect(() => {
    if (user !== undefined) document.title = `${user.name} - ${words.value.brand}`;
  }, [user]);
  return (
    <section class="plain-page">
      <PageHead />
      {problem ? (
        <ProblemNote problem={problem} retry={reload} />
      ) : (
        <div class="profile">
          <Avatar name={user?.name ?? ""} large />
          <div class="lines">
            <h1 dir="auto">{user?.name ?? " "}</h1>
            {user?.about && <p dir="auto">{user.about}</p>}
          </div>
          {user && reader.value?.userId !== id && <MessageLink userId={id} />}
          {user && <FollowButton userId={id} isFollowing={user.following === true} onChange={reload} />}
        </div>
      )}
      <Statistics user={user} />
      {list.items.map((article) => (
        <div class="entry" key={article.article_id}>
          <ArticleCard article={article} />
        </div>
      ))}
      {problem === undefined && <ListFoot list={list} whenEmpty={words.value.nothingPublished} />}
    </section>
  );
}

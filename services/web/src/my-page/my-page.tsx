import type { OwnArticle } from "@headline/client";
import { useLayoutEffect, useState } from "preact/hooks";
import { Settings } from "../account/settings.js";
import { Icon } from "../components/icon.js";
import { ListFoot } from "../components/list-foot.js";
import { useList } from "../components/use-list.js";
import { useQuery } from "../components/use-query.js";
import { words } from "../language/language.js";
import { OrderDialog } from "../orders/order-dialog.js";
import { hrefOf } from "../routing/routes.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { client, reader } from "../session/session.js";
import { requestSignIn } from "../session/sign-in-request.js";
import { Avatar } from "../users/avatar.js";
import { Statistics } from "../users/statistics.js";
import { DeleteDialog } from "./delete-dialog.js";
import { OwnArticleRow } from "./own-article-row.js";

const PER_PAGE = 20;
const LISTS = [
  ["collected", "star"],
  ["liked", "heart"],
  ["read", "clock"],
  ["blocked", "hide"],
] as const;

/** The reader's page: statistics, articles and settings. */
export function MyPage() {
  useLayoutEffect(() => restoreScroll(0), []);
  const who = reader.value;
  return (
    <section class="plain-page">
      {who === undefined ? (
        <div class="profile">
          <Avatar name={words.value.guest} large />
          <div class="lines">
            <h1>{words.value.guest}</h1>
            <p>{words.value.guestWords}</p>
          </div>
          <button type="button" class="primary" onClick={() => requestSignIn()}>
            {words.value.signIn}
          </button>
        </div>
      ) : (
        <SignedIn userId={who.userId} name={who.name} key={who.userId} />
      )}
      <Settings />
    </section>
  );
}

function SignedIn({ userId, name }: { userId: string; name: string }) {
  const { value: user } = useQuery(userId, () => client.call("me"));
  const list = useList(userId, (before) => client.call("myArticles", { query: { before, per_page: PER_PAGE } }));
  const [deleting, setDeleting] = useState<OwnArticle | undefined>(undefined);
  const [promoting, setPromoting] = useState<OwnArticle | undefined>(undefined);
  const text = words.value;
  return (
    <>
      <div class="profile">
        <Avatar name={name} large />
        <div class="lines">
          <h1 dir="auto">{name}</h1>
          {user?.about && <p dir="auto">{user.about}</p>}
        </div>
        <a class="round" href={hrefOf.user(userId)} aria-label={name}>
          <Icon name="user" />
        </a>
      </div>
      <Statistics user={user} />
      <nav class="shortcuts">
        {LISTS.map(([list, icon]) => (
          <a href={hrefOf.myList(list)} key={list}>
            <Icon name={icon} /> {text.lists[list]}
          </a>
        ))}
        <a href={hrefOf.publish}>
          <Icon name="write" /> {text.publish}
        </a>
        <a href={hrefOf.orders}>
          <Icon name="megaphone" /> {text.orders}
        </a>
      </nav>
      <h2 class="section">{text.myArticles}</h2>
      <ul class="rows">
        {list.items.map((article) => (
          <OwnArticleRow
            key={article.article_id}
            article={article}
            onDelete={() => setDeleting(article)}
            onPromote={() => setPromoting(article)}
          />
        ))}
      </ul>
      <ListFoot list={{ ...list, isEmpty: list.items.length === 0 && list.isEmpty }} whenEmpty={text.noArticles} />
      {deleting && (
        <DeleteDialog
          article={deleting}
          onClose={() => setDeleting(undefined)}
          onDeleted={() =>
            list.change((articles) => articles.filter(({ article_id }) => article_id !== deleting.article_id))
          }
        />
      )}
      {promoting && <OrderDialog article={promoting} onClose={() => setPromoting(undefined)} />}
    </>
  );
}

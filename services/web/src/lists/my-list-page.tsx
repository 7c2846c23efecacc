import { useLayoutEffect } from "preact/hooks";
import { SignInFirst } from "../account/sign-in-first.js";
import { PageHead } from "../components/page-head.js";
import { words } from "../language/language.js";
import type { MyList } from "../routing/routes.js";
import { restoreScroll } from "../routing/scroll-positions.js";
import { reader } from "../session/session.js";
import { ArticleList } from "./article-list.js";
import { BlockedList } from "./blocked-list.js";

/** Page of a list of the reader's own. */
export function MyListPage({ list }: { list: MyList }) {
  useLayoutEffect(() => restoreScroll(0), []);
  const who = reader.value?.userId;
  return (
    <section class="plain-page">
      <PageHead title={words.value.lists[list]} />
      {who === undefined ? (
        <SignInFirst why={words.value.signInToSee} />
      ) : list === "blocked" ? (
        <BlockedList key={who} />
      ) : (
        <ArticleList list={list} key={who} />
      )}
    </section>
  );
}

import type { Article } from "@headline/client";
import { TimeAgo } from "../components/time-ago.js";
import { useQuery } from "../components/use-query.js";
import { count } from "../language/format.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";
import { client, reader } from "../session/session.js";
import { Avatar } from "./avatar.js";
import { FollowButton } from "./follow-button.js";

interface Props {
  readonly article: Article;
  /** Following state of the article's answer, until the author's is loaded. */
  readonly isFollowing?: boolean | undefined;
}

/** Author of an article; the name until the profile is loaded. */
export function AuthorLine({ article, isFollowing = false }: Props) {
  const { aut_id, aut_name, pubdate } = article;
  const who = reader.value?.userId ?? "guest";
  const { value: author, reload } = useQuery(`${aut_id} ${who}`, () => client.call("user", { params: { id: aut_id } }));
  return (
    <div class="author-line">
      <a class="who" href={hrefOf.user(aut_id)}>
        <Avatar name={aut_name} />
        <span class="lines">
          <b dir="auto">{aut_name}</b>
          <small>
            <TimeAgo date={pubdate} />
            {author && ` · ${words.value.followers(count(author.follower_count))}`}
            {author?.about && (
              <>
                {" · "}
                <bdi>{author.about}</bdi>
              </>
            )}
          </small>
        </span>
      </a>
      <FollowButton userId={aut_id} isFollowing={author?.following ?? isFollowing} onChange={reload} />
    </div>
  );
}

import type { ListedUser } from "@headline/client";
import { ListFoot } from "../components/list-foot.js";
import { toast } from "../components/toast.js";
import { words } from "../language/language.js";
import { noteTakenBack } from "../reactions/reactions.js";
import { client } from "../session/session.js";
import { ListCount } from "./list-count.js";
import { useCountedList } from "./use-counted-list.js";
import { UserRow } from "./user-row.js";

const PER_PAGE = 20;

/** Users whom the reader has blocked. */
export function BlockedList() {
  const { list, count, remove } = useCountedList("blocked", (before) =>
    client.call("blocked", { query: { before, per_page: PER_PAGE } }),
  );
  const text = words.value;
  const unblock = (user: ListedUser) =>
    remove(user, async () => {
      await client.call("unblock", { params: { id: user.user_id } });
      noteTakenBack("block", user.user_id);
      toast(words.peek().unblocked(user.name));
    });
  return (
    <>
      <ListCount of={count} />
      <ul class="rows">
        {list.items.map((user) => (
          <UserRow key={user.user_id} user={user}>
            <button
              type="button"
              class="outlined"
              aria-label={`${text.unblock}: ${user.name}`}
              onClick={() => void unblock(user)}
            >
              {text.unblock}
            </button>
          </UserRow>
        ))}
      </ul>
      <ListFoot list={list} whenEmpty={text.nothingListed} />
    </>
  );
}

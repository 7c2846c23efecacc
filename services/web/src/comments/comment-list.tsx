import { useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/send.js";
import type { Comment } from "../api/wire.js";
import { changeCount } from "../articles/known-articles.js";
import { ListFoot } from "../components/list-foot.js";
import { ProblemNote, problemText } from "../components/problem-note.js";
import { TimeAgo } from "../components/time-ago.js";
import { toast } from "../components/toast.js";
import { useListed } from "../components/use-listed.js";
import { isVisible, limitCharacters } from "../components/written-text.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";
import { askSignIn } from "../session/ask-sign-in.js";
import { RequestKey } from "../session/request-key.js";
import { ask, reader } from "../session/session.js";
import { Avatar } from "../users/avatar.js";

const CHARACTERS_MAX = 1_000;

export function CommentList({ articleId }: { articleId: string }) {
  const path = `/articles/${articleId}/comments`;
  const list = useListed<Comment>(path);

  const remove = async (comment: Comment) => {
    try {
      await ask(`${path}/${comment.comment_id}`, { method: "DELETE" });
      list.change((comments) => comments.filter(({ comment_id }) => comment_id !== comment.comment_id));
      changeCount(articleId, "comment_count", -1);
      toast(words.peek().deleted);
    } catch (error) {
      toast(problemText(asProblem(error)));
    }
  };

  return (
    <section class="comments" id="comments" aria-labelledby="comments-title">
      <h2 class="section" id="comments-title" tabIndex={-1}>
        {words.value.commentsTitle}
      </h2>
      <CommentForm
        key={reader.value?.userId}
        path={path}
        onWritten={(comment) => {
          list.change((comments) => [comment, ...comments]);
          changeCount(articleId, "comment_count", 1);
        }}
      />
      <ol>
        {list.items.map((comment) => (
          <li key={comment.comment_id} class="comment">
            <Avatar name={comment.user_name} />
            <div>
              <a href={hrefOf.user(comment.user_id)} dir="auto">
                {comment.user_name}
              </a>
              <p class="written" dir="auto">
                {comment.content}
              </p>
              <small>
                <TimeAgo date={comment.created_at} />
                {comment.user_id === reader.value?.userId && (
                  <button type="button" class="link" onClick={() => void remove(comment)}>
                    {words.value.delete}
                  </button>
                )}
              </small>
            </div>
          </li>
        ))}
      </ol>
      <ListFoot
        list={{ ...list, isEmpty: list.isEmpty && list.items.length === 0 }}
        whenEmpty={words.value.noComments}
      />
    </section>
  );
}

function CommentForm({ path, onWritten }: { path: string; onWritten: (comment: Comment) => void }) {
  const [content, setContent] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const requestKey = useRef(new RequestKey());
  const text = words.value;
  if (reader.value === undefined) {
    return (
      <button type="button" class="comment-prompt" onClick={() => askSignIn(text.signInToComment)}>
        {text.signInToComment}
      </button>
    );
  }

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const written = { content: content.trim() };
      const headers = requestKey.current.headersFor(written);
      onWritten(await ask<Comment>(path, { method: "POST", body: written, headers }));
      requestKey.current.done();
      setContent("");
      toast(words.peek().commentSent);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form class="comment-form" onSubmit={(event) => void submit(event)}>
      <textarea
        aria-label={text.writeComment}
        placeholder={text.writeComment}
        rows={2}
        dir="auto"
        required
        value={content}
        onInput={({ currentTarget }) => {
          limitCharacters(currentTarget, CHARACTERS_MAX);
          setContent(currentTarget.value);
        }}
      />
      <button type="submit" class="primary" disabled={isBusy || !isVisible(content)}>
        {text.send}
      </button>
      {problem && <ProblemNote problem={problem} />}
    </form>
  );
}

import { asProblem, type Comment, type Problem } from "@headline/client";
import { useRef, useState } from "preact/hooks";
import { changeCount } from "../articles/known-articles.js";
import { ListFoot } from "../components/list-foot.js";
import { ProblemNote, problemText } from "../components/problem-note.js";
import { isVisible, limitCharacters } from "../components/text-input.js";
import { TimeAgo } from "../components/time-ago.js";
import { toast } from "../components/toast.js";
import { useList } from "../components/use-list.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";
import { RequestKey } from "../session/request-key.js";
import { client, reader } from "../session/session.js";
import { requestSignIn } from "../session/sign-in-request.js";
import { Avatar } from "../users/avatar.js";

const CHARACTERS_MAX = 1_000;

export function CommentList({ articleId }: { articleId: string }) {
  const params = { id: articleId };
  const list = useList(articleId, (before) => client.call("comments", { params, query: { before } }));

  const remove = async (comment: Comment) => {
    try {
      await client.call("removeComment", { params: { ...params, commentId: comment.comment_id } });
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
        articleId={articleId}
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

function CommentForm({ articleId, onWritten }: { articleId: string; onWritten: (comment: Comment) => void }) {
  const [content, setContent] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const requestKey = useRef(new RequestKey());
  const text = words.value;
  if (reader.value === undefined) {
    return (
      <button type="button" class="comment-prompt" onClick={() => requestSignIn(text.signInToComment)}>
        {text.signInToComment}
      </button>
    );
  }

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const body = { content: content.trim() };
      onWritten(await client.call("comment", { params: { id: articleId }, body }, requestKey.current.of(body)));
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

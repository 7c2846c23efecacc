import { asProblem } from "@headline/client";
import { useEffect, useState } from "preact/hooks";
import { problemText } from "../components/problem-note.js";
import { toast } from "../components/toast.js";
import { words } from "../language/language.js";
import { client, reader } from "../session/session.js";
import { requestSignIn } from "../session/sign-in-request.js";

interface Props {
  readonly userId: string;
  readonly isFollowing: boolean;
  readonly onChange?: () => void;
}

export function FollowButton({ userId, isFollowing, onChange }: Props) {
  const [shown, show] = useState(isFollowing);
  useEffect(() => show(isFollowing), [isFollowing]);
  if (reader.value?.userId === userId) return null;

  const toggle = async () => {
    if (reader.peek() === undefined) return requestSignIn();
    show(!shown);
    try {
      await client.call(shown ? "unfollow" : "follow", { params: { id: userId } });
      onChange?.();
    } catch (error) {
      show(shown);
      toast(problemText(asProblem(error)));
    }
  };

  return (
    <button type="button" class={shown ? "outlined" : "primary"} aria-pressed={shown} onClick={() => void toggle()}>
      {shown ? words.value.following : words.value.follow}
    </button>
  );
}

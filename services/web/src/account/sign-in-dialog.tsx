import { asProblem, type Problem } from "@headline/client";
import { useState } from "preact/hooks";
import { Dialog } from "../components/dialog.js";
import { ProblemNote } from "../components/problem-note.js";
import { toast } from "../components/toast.js";
import { words } from "../language/language.js";
import { demoAccounts } from "../session/demo-accounts.js";
import { client } from "../session/session.js";
import { signInRequest } from "../session/sign-in-request.js";

/** Form to sign in or to sign up. */
export function SignInDialog() {
  const [isNew, becomeNew] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const text = words.value;
  const close = () => {
    signInRequest.value = undefined;
  };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const name = String(fields.get("name")).trim();
    setBusy(true);
    setProblem(undefined);
    try {
      await (isNew ? client.signUp : client.signIn)(name, String(fields.get("password")));
      close();
      toast(words.value.welcome(name));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog title={isNew ? text.signUp : text.signIn} onClose={close}>
      {signInRequest.value !== "" && <p class="hint">{signInRequest.value}</p>}
      <form class="fields" onSubmit={(event) => void submit(event)}>
        <label>
          {text.name}
          <input name="name" required dir="auto" autocomplete="username" autocapitalize="none" spellcheck={false} />
        </label>
        <label>
          {text.password}
          <input
            name="password"
            type="password"
            required
            minLength={isNew ? 8 : 1}
            maxLength={128}
            autocomplete={isNew ? "new-password" : "current-password"}
          />
          {isNew && <small>{text.passwordRule}</small>}
        </label>
        {problem && <ProblemNote problem={problem} />}
        <button type="submit" class="primary wide" disabled={isBusy}>
          {isNew ? text.signUp : text.signIn}
        </button>
        <button
          type="button"
          class="link"
          onClick={() => {
            becomeNew(!isNew);
            setProblem(undefined);
          }}
        >
          {isNew ? text.toSignIn : text.toSignUp}
        </button>
        {!isNew && demoAccounts.value.length > 0 && <p class="hint">{text.demo(demoAccounts.value)}</p>}
      </form>
    </Dialog>
  );
}

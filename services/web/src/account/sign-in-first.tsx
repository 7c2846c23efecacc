import { words } from "../language/language.js";
import { askSignIn } from "../session/ask-sign-in.js";

/** Placeholder of content for signed-in readers. */
export function SignInFirst({ why }: { why: string }) {
  return (
    <div class="empty">
      <p>{why}</p>
      <button type="button" class="primary" onClick={() => askSignIn()}>
        {words.value.signIn}
      </button>
    </div>
  );
}

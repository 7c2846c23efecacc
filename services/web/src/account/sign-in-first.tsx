import { words } from "../language/language.js";
import { requestSignIn } from "../session/sign-in-request.js";

/** Placeholder of content for signed-in readers. */
export function SignInFirst({ why }: { why: string }) {
  return (
    <div class="empty">
      <p>{why}</p>
      <button type="button" class="primary" onClick={() => requestSignIn()}>
        {words.value.signIn}
      </button>
    </div>
  );
}

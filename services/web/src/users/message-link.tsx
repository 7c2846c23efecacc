import { Icon } from "../components/icon.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";

/** Link to the conversation with a user. */
export function MessageLink({ userId }: { userId: string }) {
  return (
    <a class="outlined message-link" href={hrefOf.conversation(userId)} aria-label={words.value.message}>
      <Icon name="mail" /> <span>{words.value.message}</span>
    </a>
  );
}

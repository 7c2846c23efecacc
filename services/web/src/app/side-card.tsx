import { Settings } from "../account/settings.js";
import { Icon } from "../components/icon.js";
import { words } from "../language/language.js";
import { hrefOf } from "../routing/routes.js";
import { reader } from "../session/session.js";
import { requestSignIn } from "../session/sign-in-request.js";
import { Avatar } from "../users/avatar.js";

/** Card beside the feed on a wide screen: the reader, shortcuts and settings. */
export function SideCard() {
  const text = words.value;
  const who = reader.value;
  return (
    <aside class="side" aria-label={text.me}>
      <div class="side-card">
        <div class="profile">
          <Avatar name={who?.name ?? text.guest} />
          <div class="lines">
            <b dir="auto">{who?.name ?? text.guest}</b>
            {who === undefined && <small>{text.guestWords}</small>}
          </div>
        </div>
        {who === undefined ? (
          <button type="button" class="primary wide" onClick={() => requestSignIn()}>
            {text.signIn}
          </button>
        ) : (
          <nav class="shortcuts">
            <a href={hrefOf.me}>
              <Icon name="user" /> {text.myArticles}
            </a>
            <a href={hrefOf.orders}>
              <Icon name="megaphone" /> {text.orders}
            </a>
          </nav>
        )}
      </div>
      <div class="side-card">
        <Settings />
      </div>
    </aside>
  );
}

import { words } from "../language/language.js";
import { hrefOf, RECOMMENDED } from "../routing/routes.js";
import { canGoBack } from "../routing/scroll-positions.js";
import { Icon } from "./icon.js";

/** Link to the page before, or home. */
export function BackLink({ kind }: { kind: "narrow-only" | "wide-only" }) {
  const back = (event: MouseEvent) => {
    if (!canGoBack()) return;
    event.preventDefault();
    history.back();
  };
  return (
    <a class={`round back ${kind}`} href={hrefOf.channel(RECOMMENDED)} aria-label={words.value.back} onClick={back}>
      <Icon name="back" />
    </a>
  );
}

import "./styles/index.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { App, prefetchPages } from "./app/app.js";
import { loadChannels } from "./channels/channels.js";
import { problemText } from "./components/problem-note.js";
import { toast } from "./components/toast.js";
import { tellUntoldReading } from "./events/reading-time.js";
import { words } from "./language/language.js";
import { watchConversations } from "./messages/conversations.js";
import { watchNotifications } from "./notifications/notifications.js";
import { followAddress } from "./routing/places.js";
import { signInAsked } from "./session/ask-sign-in.js";
import { endedSignIn } from "./session/session.js";
import "./theme/theme.js";

followAddress(() => {
  signInAsked.value = undefined;
});
void loadChannels();
watchNotifications();
watchConversations();
tellUntoldReading();

effect(() => {
  if (endedSignIn.value !== undefined) toast(problemText(endedSignIn.value));
});

// A page that was open while a new version was put up asks for code that is gone.
addEventListener("vite:preloadError", () => toast(words.peek().newVersion));

const app = document.getElementById("app") as HTMLElement;
app.replaceChildren();
render(<App />, app);

setTimeout(() => void openLive(), 1_000);
setTimeout(prefetchPages, 2_000);

/** Without it the page asks. */
async function openLive(): Promise<void> {
  const { keepLive } = await import("./live/live-socket.js").catch(() => ({ keepLive: () => undefined }));
  keepLive();
}

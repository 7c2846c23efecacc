import "./styles/index.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { App, prefetchPages } from "./app/app.js";
import { loadChannels } from "./channels/channels.js";
import { problemText } from "./components/problem-note.js";
import { toast } from "./components/toast.js";
import { reportUnsentReading } from "./events/reading-time.js";
import { words } from "./language/language.js";
import { newestMessageId, watchConversations } from "./messages/conversations.js";
import { newestNotificationId, watchNotifications } from "./notifications/notifications.js";
import { followAddress } from "./routing/scroll-positions.js";
import { endedSignIn } from "./session/session.js";
import { signInRequest } from "./session/sign-in-request.js";
import "./theme/theme.js";

followAddress(() => {
  signInRequest.value = undefined;
});
void loadChannels();
watchNotifications();
watchConversations();
reportUnsentReading();

effect(() => {
  if (endedSignIn.value !== undefined) toast(problemText(endedSignIn.value));
});

// A page that was opened before a new version was deployed asks for code that is gone.
addEventListener("vite:preloadError", () => toast(words.peek().newVersion));

const app = document.getElementById("app") as HTMLElement;
app.replaceChildren();
render(<App />, app);

setTimeout(() => void openLive(), 1_000);
setTimeout(prefetchPages, 2_000);

/** Opens the socket; without it the page polls. */
async function openLive(): Promise<void> {
  const socket = await import("./live/live-socket.js").catch(() => undefined);
  socket?.keepLive({ notificationId: newestNotificationId, messageId: newestMessageId });
}

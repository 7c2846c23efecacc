import { onLive } from "../live/live.js";
import { beforeReaderChanges, reader } from "../session/session.js";
import { Thread } from "./thread.js";

/** Opened conversations of this reader. */
const threads = new Map<string, Thread>();

beforeReaderChanges(() => threads.clear());
onLive("message", (message) => {
  for (const thread of threads.values()) thread.noteMessage(message);
});
onLive("caughtUp", ({ more }) => {
  if (more) for (const thread of threads.values()) thread.forget();
});
onLive("delivered", ({ user_id, up_to }) => threads.get(user_id)?.noteDelivered(up_to));
onLive("read", ({ reader_id, peer_id, up_to }) => {
  if (peer_id === reader.peek()?.userId) threads.get(reader_id)?.noteReadByPeer(up_to);
});

export function threadWith(peerId: string): Thread {
  const thread = threads.get(peerId);
  if (thread !== undefined) return thread;
  const made = new Thread(peerId);
  threads.set(peerId, made);
  return made;
}

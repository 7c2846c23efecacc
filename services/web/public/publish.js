import { formDialog } from "./dialog.js";
import { session } from "./session.js";
import { openSignIn } from "./sign-in.js";
import { text } from "./text.js";
import { toast } from "./toast.js";

const openForm = formDialog("publish-dialog", publish);
/** The article as it was sent last, and the key that makes sending it again the same. */
let sent = { body: "", key: "" };

export function openPublish() {
  if (session.reader === null) openSignIn();
  else openForm();
}

async function publish(form) {
  const { title, channel_id, content, cover } = Object.fromEntries(new FormData(form));
  const covers = cover.split("\n").flatMap((line) => line.trim() || []);
  const body = JSON.stringify({ title, channel_id, content: content.replaceAll("\r\n", "\n"), cover: covers });
  if (sent.body !== body) sent = { body, key: randomKey() };
  const headers = { "Idempotency-Key": sent.key };
  const { article_id } = await session.ask("/articles", { method: "POST", body, headers });
  sent = { body: "", key: "" };
  toast(text.published);
  location.hash = `#/articles/${article_id}`;
}

/** Not crypto.randomUUID: a phone that reads over plain HTTP in the same network has none. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

import type { Mysql } from "@headline/mysql";
import { insertMessage, MessageBlocked } from "@headline/newsroom/conversations";
import { Refusal } from "@headline/service/errors";
import { z } from "zod";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";
import type { Reader } from "../http/authenticate.js";
import { HttpRefusal } from "../http/problem.js";
import type { Call } from "../http/route.js";
import { lines } from "../http/text.js";
import type { Users } from "../users/users.js";
import type { MessageLimit } from "./message-limit.js";
import type { PeerPath } from "./peer-path.js";
import { presentMessage } from "./present-message.js";

interface Deps {
  readonly mysql: Mysql;
  readonly users: Users;
  readonly invalidator: CacheInvalidator;
  readonly messageLimit: MessageLimit;
}

const CHARACTERS_MAX = 1_000;

export const NewMessage = z
  .strictObject(
    { text: lines(CHARACTERS_MAX), client_id: z.guid({ error: "must be a UUID" }).toLowerCase() },
    { error: "must be a JSON object" },
  )
  .meta({ id: "NewMessage" });
export type NewMessage = z.output<typeof NewMessage>;

/** Commits a message to another user; the same `client_id` again is the same message. */
export function sendMessage({ mysql, users, invalidator, messageLimit }: Deps) {
  return async ({ reader, params, body }: Call<{ reader: Reader; params: PeerPath; body: NewMessage }>) => {
    const { userId: senderId } = reader;
    const { userId: recipientId } = params;
    if (recipientId === senderId) throw new Refusal("INVALID_ARGUMENT", "a message to oneself is not sent");
    await messageLimit(senderId);
    if ((await users.profiles.get(recipientId)) === undefined)
      throw new Refusal("NOT_FOUND", `user ${recipientId} does not exist`);
    const draft = { senderId, recipientId, text: body.text, clientId: body.client_id };
    const { message, changes } = await insertMessage(mysql, draft).catch(refuseBlocked);
    if (changes.length > 0) await invalidator.invalidate(...changes);
    return presentMessage(message);
  };
}

function refuseBlocked(error: unknown): never {
  throw error instanceof MessageBlocked ? new HttpRefusal(403, "BLOCKED", error.message) : error;
}

import type { Mysql } from "@headline/mysql";
import { markConversationRead } from "@headline/newsroom/conversations";
import { z } from "zod";
import type { Reader } from "../http/authenticate.js";
import { idValue } from "../http/read.js";
import type { Call } from "../http/route.js";
import type { PeerPath } from "./peer-path.js";

/** Notifies the devices of both users that messages were read; best effort. */
export type NotifyRead = (read: { readerId: bigint; peerId: bigint; upTo: bigint }) => void;

interface Deps {
  readonly mysql: Mysql;
  readonly notifyRead: NotifyRead;
}

export const ReadUpTo = z.strictObject({ up_to: idValue }, { error: "must be a JSON object" }).meta({ id: "ReadUpTo" });
export type ReadUpTo = z.output<typeof ReadUpTo>;

/** Marks the peer's messages up to an id as read; again is the same. */
export function readUpTo({ mysql, notifyRead }: Deps) {
  return async ({ reader, params, body }: Call<{ reader: Reader; params: PeerPath; body: ReadUpTo }>) => {
    const { userId } = reader;
    const { userId: peerId } = params;
    const { readUpTo, unread, moved } = await markConversationRead(mysql, userId, peerId, body.up_to);
    if (moved) notifyRead({ readerId: userId, peerId, upTo: readUpTo });
    return { user_id: String(peerId), read_up_to: String(readUpTo), unread };
  };
}

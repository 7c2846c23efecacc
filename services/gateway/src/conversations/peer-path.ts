import { z } from "zod";
import { idText } from "../http/read.js";

/** The other user of a conversation. */
export const PeerPath = z.object({ userId: idText });
export type PeerPath = z.output<typeof PeerPath>;

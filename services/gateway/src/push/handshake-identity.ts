import { Refusal } from "@headline/service/errors";
import { decodeJwt } from "jose";
import { guestId, newGuestId } from "../http/authenticate.js";
import type { AccessTokens } from "../users/access-tokens.js";
import type { Who } from "./push-events.js";

const BEARER = /^Bearer +/i;

/** Who an `auth` of a handshake names: `{token}` a reader, `{anonymous_id}` a guest, neither a new guest. */
export async function whoConnects(tokens: AccessTokens, auth: unknown): Promise<Who> {
  const { token, anonymous_id: anonymousId } = (auth ?? {}) as { token?: unknown; anonymous_id?: unknown };
  if (token !== undefined) return whoseToken(tokens, token);
  if (anonymousId === undefined) return guest(newGuestId());
  if (typeof anonymousId !== "string" || anonymousId.length > 64 || anonymousId === "")
    throw new Refusal("UNAUTHENTICATED", "anonymous_id must be a text of 1 to 64 characters");
  return guest(guestId(anonymousId));
}

/** @throws Refusal UNAUTHENTICATED */
export async function whoseToken(tokens: AccessTokens, token: unknown): Promise<Who> {
  if (typeof token !== "string") throw new Refusal("UNAUTHENTICATED", "token must be an access token");
  const bare = token.replace(BEARER, "");
  const { userId, signInId } = await tokens.verify(bare);
  const { exp = 0 } = decodeJwt(bare); // verified just now, and verifying demands it
  return { userId, signInId, expiresAtMs: exp * 1_000, isWarned: false };
}

function guest(userId: bigint): Who {
  return { userId, expiresAtMs: undefined, isWarned: false };
}

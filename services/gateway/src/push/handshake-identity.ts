import { Refusal } from "@headline/service/errors";
import { decodeJwt } from "jose";
import { guestId, newGuestId } from "../http/authenticate.js";
import type { AccessTokens } from "../users/access-tokens.js";
import type { SocketIdentity } from "./push-events.js";

const BEARER = /^Bearer +/i;

/** Identity in the `auth` of a handshake: `{token}` is a reader, `{anonymous_id}` a guest, neither a new guest. */
export async function handshakeIdentity(tokens: AccessTokens, auth: unknown): Promise<SocketIdentity> {
  const { token, anonymous_id: anonymousId } = (auth ?? {}) as { token?: unknown; anonymous_id?: unknown };
  if (token !== undefined) return tokenIdentity(tokens, token);
  if (anonymousId === undefined) return guest(newGuestId());
  if (typeof anonymousId !== "string" || anonymousId.length > 64 || anonymousId === "")
    throw new Refusal("UNAUTHENTICATED", "anonymous_id must be a text of 1 to 64 characters");
  return guest(guestId(anonymousId));
}

/** @throws Refusal UNAUTHENTICATED */
export async function tokenIdentity(tokens: AccessTokens, token: unknown): Promise<SocketIdentity> {
  if (typeof token !== "string") throw new Refusal("UNAUTHENTICATED", "token must be an access token");
  const bare = token.replace(BEARER, "");
  const { userId, signInId } = await tokens.verify(bare);
  const { exp = 0 } = decodeJwt(bare); // verified just now, and verifying demands it
  return { userId, signInId, expiresAtMs: exp * 1_000, isWarned: false };
}

function guest(userId: bigint): SocketIdentity {
  return { userId, expiresAtMs: undefined, isWarned: false };
}

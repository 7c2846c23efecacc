import { createHash, randomBytes } from "node:crypto";
import { Refusal } from "@headline/service/errors";
import type { Request, Response } from "express";
import { INT64_MAX } from "./read.js";

/** A signed-in reader (positive id) or a guest (negative id). */
export interface Reader {
  readonly userId: bigint;
  /** Of a token made here: the sign-in it is of. */
  readonly signInId?: bigint | undefined;
}

/** Verifies access tokens. */
interface TokenVerifier {
  /** At once for a token seen before. @throws Refusal UNAUTHENTICATED */
  verify(token: string): Reader | Promise<Reader>;
}

const GUEST = /^Anony +(\S{1,64})$/i;
const BEARER = /^Bearer +(\S+)$/i;
const DECIMAL_ID = /^-?[1-9]\d{0,18}$/;
const DEVICE_ID = /^[\w.:-]+$/;

/**
 * Reads the Authorization header. `Bearer <token>` is a reader, and a bad one is 401, never a guest. `Anony <id>` is a guest
 * with a history of its own; without a header the gateway makes one up and says so in X-Anonymous-Id.
 */
export function createAuthenticate(tokens: TokenVerifier) {
  /** Anybody. At once for guests and for tokens seen before. */
  const anybody = (req: Request, res: Response): Reader | Promise<Reader> => {
    const { authorization } = req.headers;
    if (authorization === undefined) return newGuest(res);
    const bearer = bearerToken(req);
    if (bearer !== undefined) return tokens.verify(bearer);
    const guest = GUEST.exec(authorization);
    if (guest !== null) return { userId: guestId(guest[1] as string) };
    throw new Refusal("UNAUTHENTICATED", "Authorization must be `Bearer <token>` or `Anony <id>`");
  };
  /** A signed-in reader. @throws Refusal UNAUTHENTICATED for a guest */
  const signedIn = async (req: Request): Promise<Reader> => {
    const bearer = bearerToken(req);
    if (bearer === undefined)
      throw new Refusal("UNAUTHENTICATED", "sign in first: this needs `Authorization: Bearer <token>`");
    return tokens.verify(bearer);
  };
  return { anybody, signedIn };
}

export type Authenticate = ReturnType<typeof createAuthenticate>;

/** The token of `Authorization: Bearer <token>`, if that is what the header says. */
export function bearerToken(req: Request): string | undefined {
  return BEARER.exec(req.headers.authorization ?? "")?.[1];
}

function newGuest(res: Response): Reader {
  const userId = newGuestId();
  res.setHeader("X-Anonymous-Id", String(-userId));
  return { userId };
}

export function newGuestId(): bigint {
  return -(randomBytes(8).readBigUInt64BE() & INT64_MAX || 1n);
}

/** A decimal id as it is, any other device id by its hash; on the wire guests are negative. */
export function guestId(text: string): bigint {
  if (DECIMAL_ID.test(text)) {
    const id = BigInt(text);
    const magnitude = id < 0n ? -id : id;
    if (magnitude <= INT64_MAX) return -magnitude;
  }
  if (!DEVICE_ID.test(text)) throw new Refusal("UNAUTHENTICATED", "a guest's id has letters, digits and -_.: only");
  const hash = createHash("sha256").update(text).digest().readBigUInt64BE() & INT64_MAX;
  return -(hash || 1n);
}

import { ACCESS_TTL_SECONDS, REFRESH_TTL_SECONDS, type RefreshClaims, type SignInRef } from "@headline/newsroom/users";
import { Refusal } from "@headline/service/errors";
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import type { Reader } from "../http/authenticate.js";
import { INT64_MAX } from "../http/read.js";

/** Secret of this site, or public keys of another issuer. */
export type TokenKeys = { readonly secret: string } | { readonly jwksUrl: string };

export interface TokenPair {
  readonly token: string;
  readonly refresh_token: string;
  /** Seconds the token counts. */
  readonly expires_in: number;
}

/** JWT access tokens, and the refresh tokens that renew them; one is never taken for the other. */
export interface AccessTokens {
  /** Whether users sign up and in here. @throws Refusal NOT_FOUND when another issuer makes the tokens */
  mustIssue(): void;
  /** At once for a token seen before. @throws Refusal UNAUTHENTICATED */
  verify(token: string): Reader | Promise<Reader>;
  /** Tokens of a sign-in. */
  issue(userId: bigint, signIn: SignInRef): Promise<TokenPair>;
  /** Reads the sign-in that a refresh token renews. @throws Refusal UNAUTHENTICATED */
  readRefreshToken(refreshToken: string): Promise<RefreshClaims>;
  /** Whether a reader's sign-in has ended before their access token. */
  hasEnded(reader: Reader): boolean;
}

const ISSUED_ELSEWHERE = new Refusal("NOT_FOUND", "sign in with the token issuer of this site");
const ISSUER = "headline";
const ACCESS = { typ: "at+jwt", ttlSeconds: ACCESS_TTL_SECONDS };
const REFRESH = { typ: "rt+jwt", ttlSeconds: REFRESH_TTL_SECONDS };
const SECRET_BYTES_MIN = 32;
const SUBJECT = /^[1-9]\d{0,18}$/;
/** An exp beyond this is not a date; jose accepts 1e308. */
const EXP_MAX = 253_402_300_799;
/** Limit for an issuer to return its keys. */
const JWKS_MS = 500;
const VERIFIED_MAX = 10_000;
const VERIFIED_TTL_MS = 60_000;

interface Verified {
  readonly reader: Reader;
  readonly expiresAtMs: number;
  /** Of a refresh token. */
  readonly generation?: number | undefined;
}

/** @throws TypeError when the secret is shorter than HS256 needs (RFC 7518 §3.2: 256 bits). */
export function createAccessTokens(
  keys: TokenKeys,
  now: () => number,
  isEnded: (signInId: bigint) => boolean = () => false,
): AccessTokens {
  const verified = new LRUCache<string, Verified>({ max: VERIFIED_MAX, ttl: VERIFIED_TTL_MS });
  const secret = "secret" in keys ? secretBytes(keys.secret) : undefined;
  const check = createCheck(secret ?? issuerKeys((keys as { jwksUrl: string }).jwksUrl), now);

  const sign = async (
    userId: bigint,
    { signInId, ...claims }: Partial<SignInRef>,
    { typ, ttlSeconds }: typeof ACCESS,
  ) => {
    if (secret === undefined) throw ISSUED_ELSEWHERE;
    const nowSeconds = Math.floor(now() / 1_000);
    return new SignJWT({ sid: String(signInId), ...claims })
      .setProtectedHeader({ alg: "HS256", typ })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(String(userId))
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + ttlSeconds)
      .sign(secret);
  };

  return {
    mustIssue() {
      if (secret === undefined) throw ISSUED_ELSEWHERE;
    },
    verify(token) {
      const known = verified.get(token);
      if (known !== undefined && known.expiresAtMs > now()) return mustGoOn(known.reader);
      return check(token, ACCESS).then((fresh) => {
        verified.set(token, fresh);
        return mustGoOn(fresh.reader);
      });
    },
    async issue(userId, { signInId, generation }) {
      const [token, refresh_token] = await Promise.all([
        sign(userId, { signInId }, ACCESS),
        sign(userId, { signInId, generation }, REFRESH),
      ]);
      return { token, refresh_token, expires_in: ACCESS.ttlSeconds };
    },
    async readRefreshToken(refreshToken) {
      if (secret === undefined) throw ISSUED_ELSEWHERE;
      const { reader, generation } = await check(refreshToken, REFRESH);
      const { userId, signInId } = reader;
      if (signInId === undefined || generation === undefined) throw unauthenticated("it is not of a sign-in");
      return { userId, signInId, generation };
    },
    hasEnded,
  };

  function hasEnded({ signInId }: Reader): boolean {
    return secret !== undefined && signInId !== undefined && isEnded(signInId);
  }

  function mustGoOn(reader: Reader): Reader {
    if (hasEnded(reader)) throw unauthenticated("its sign-in has ended");
    return reader;
  }
}

/** Verifies a token of one kind; the algorithms are those of the keys, whatever the token says. */
function createCheck(keys: Uint8Array | JWTVerifyGetKey, now: () => number) {
  return async (token: string, { typ }: { typ: string }): Promise<Verified> => {
    const options = {
      typ,
      issuer: ISSUER,
      audience: ISSUER,
      requiredClaims: ["exp", "sub", "aud"],
      currentDate: new Date(now()),
    };
    try {
      const { payload } =
        typeof keys === "function"
          ? await jwtVerify(token, keys, { ...options, algorithms: ["RS256", "ES256", "EdDSA"] })
          : await jwtVerify(token, keys, { ...options, algorithms: ["HS256"] });
      return readClaims(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw unauthenticated("it has expired", error);
      if (error instanceof errors.JOSEError || error instanceof TypeError)
        throw unauthenticated("it is not valid here", error);
      throw error;
    }
  };
}

function readClaims({ sub, exp, sid, generation }: JWTPayload): Verified {
  if (typeof sub !== "string" || !SUBJECT.test(sub) || BigInt(sub) > INT64_MAX)
    throw unauthenticated("its subject is not a user");
  if (typeof exp !== "number" || exp > EXP_MAX) throw unauthenticated("its expiry is not a date");
  const signIn = typeof sid === "string" && SUBJECT.test(sid) ? { signInId: BigInt(sid) } : {};
  return {
    reader: { userId: BigInt(sub), ...signIn },
    expiresAtMs: exp * 1_000,
    generation: typeof generation === "number" ? generation : undefined,
  };
}

/** The keys of another issuer. That they cannot be had just now says nothing about a token. */
function issuerKeys(jwksUrl: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: JWKS_MS });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (TOKENS_FAULT.some((Fault) => error instanceof Fault)) throw error;
      throw new Refusal("UNAVAILABLE", "the token issuer does not answer", { cause: error, retryAfterSeconds: 1 });
    }
  };
}

const TOKENS_FAULT = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

function secretBytes(secret: string): Uint8Array {
  const bytes = Buffer.from(secret, "utf8");
  if (bytes.length < SECRET_BYTES_MIN) {
    throw new TypeError(`JWT_SECRET needs at least ${SECRET_BYTES_MIN} bytes and has ${bytes.length}`);
  }
  return bytes;
}

function unauthenticated(why: string, cause?: unknown): Refusal {
  return new Refusal("UNAUTHENTICATED", `the token does not count: ${why}`, { cause });
}

import type { Mysql } from "@headline/mysql";
import {
  type Account,
  beginSignIn,
  canonicalName,
  type Ended,
  endSignIn,
  endSignIns,
  findAccount,
  hashPassword,
  insertUser,
  renewGeneration,
  verifyPassword,
} from "@headline/newsroom/users";
import type { SignInLimit } from "@headline/redis/limits";
import { asRefusal, Refusal } from "@headline/service/errors";
import type { Request } from "express";
import { z } from "zod";
import type { CacheInvalidator } from "../changes/cache-invalidator.js";
import { bearerToken } from "../http/authenticate.js";
import { decimal, read } from "../http/read.js";
import type { Call } from "../http/route.js";
import type { AccessTokens, TokenPair } from "./access-tokens.js";
import { givenText, newName, newPassword } from "./credentials.js";
import type { SignUpLimit } from "./sign-up-limit.js";

export interface SignInDeps {
  readonly mysql: Mysql;
  readonly tokens: AccessTokens;
  readonly invalidator: CacheInvalidator;
  readonly signInLimit: SignInLimit;
}

export interface SignUpDeps extends SignInDeps {
  readonly signUpLimit: SignUpLimit;
}

/** Hashing takes a core for some 10 ms on purpose; beyond this requests are refused with Retry-After. */
const HASHES_MAX = 16;

export const SignUp = z
  .strictObject({ name: newName, password: newPassword }, { error: "must be a JSON object" })
  .refine(({ name, password }) => canonicalName(password).toLowerCase() !== name.toLowerCase(), {
    path: ["password"],
    error: "must not be the name",
  })
  .meta({ id: "SignUp" });
export type SignUp = z.output<typeof SignUp>;

export const SignIn = z
  .strictObject({ name: givenText, password: givenText }, { error: "must be a JSON object" })
  .meta({ id: "SignIn" });
export type SignIn = z.output<typeof SignIn>;

export const Renewal = z
  .strictObject({ refresh_token: z.string({ error: "must be a text" }) }, { error: "must be a JSON object" })
  .meta({ id: "Renewal" });

export const SignOutQuery = z.object({ everywhere: decimal({ min: 0, max: 1 }).default(0) });
export type SignOutQuery = z.output<typeof SignOutQuery>;

/** Creates a user and signs them in. The same name and password again, after a lost answer, is the same sign-up. */
export function signUp(parts: SignUpDeps) {
  const { mysql, tokens, invalidator, signUpLimit } = parts;
  const limited = limiter();
  return async ({ req, body }: Call<{ body: SignUp }>) => {
    tokens.mustIssue();
    const { name, password } = body;
    const account = await signUpLimit(req.ip, async () => {
      try {
        const hash = await limited(() => hashPassword(password));
        const change = await insertUser(mysql, name, hash);
        await invalidator.invalidate(change);
        return { userId: change.subjectId, hash };
      } catch (error) {
        if (asRefusal(error)?.code !== "ALREADY_EXISTS") throw error;
        const before = await signedUpBefore(req, name, password);
        if (before === undefined) throw error;
        return before;
      }
    });
    const pair = await tokensOf(parts, account);
    if (pair === undefined)
      throw new Refusal("UNAVAILABLE", "the user changes at this moment", { retryAfterSeconds: 1 });
    return { user_id: String(account.userId), name, ...pair };
  };

  /** A user of that very name, made lately and with that password: the request is a retry after a lost answer. */
  async function signedUpBefore(req: Request, name: string, password: string): Promise<Account | undefined> {
    const account = await findAccount(mysql, name);
    if (account === undefined || !account.isNew || account.name !== name) return undefined;
    return parts.signInLimit({ name, address: req.ip }, async () =>
      (await limited(() => verifyPassword(account.hash, password))) ? account : undefined,
    );
  }
}

/** Exchanges a name and password for an access token and a refresh token. */
export function signIn(parts: SignInDeps) {
  const { mysql, tokens, signInLimit } = parts;
  const limited = limiter();
  // Compared where there is no such user, so that the time of an answer does not reveal which names exist.
  const decoy = hashPassword("a password without a user");
  return async ({ req, body }: Call<{ body: SignIn }>) => {
    tokens.mustIssue();
    const { name: given, password } = body;
    const account = await signInLimit({ name: canonicalName(given), address: req.ip }, async () => {
      const known = await findAccount(mysql, given);
      const expected = known?.hash ?? (await decoy);
      return (await limited(() => verifyPassword(expected, password))) ? known : undefined;
    });
    const pair = account && (await tokensOf(parts, account));
    if (account === undefined || pair === undefined)
      throw new Refusal("UNAUTHENTICATED", "name and password do not belong together");
    return { user_id: String(account.userId), name: account.name, ...pair };
  };
}

/**
 * Exchanges a refresh token, as Bearer or in the body, for a new access token and the next refresh token. The same again within a
 * minute is the same renewal; later it is a copy in other hands, and the sign-in ends.
 */
export function renewSignIn({ mysql, tokens, invalidator }: SignInDeps) {
  return async ({ req, body }: Call<{ body: unknown }>) => {
    const claims = await tokens.readRefreshToken(bearerToken(req) ?? read(Renewal, body).refresh_token);
    const { renewed, changes } = await renewGeneration(mysql, claims);
    if (changes.length > 0) await invalidator.invalidate(...changes);
    if (renewed === undefined) throw new Refusal("UNAUTHENTICATED", "the sign-in has ended; sign in again");
    return tokens.issue(claims.userId, renewed);
  };
}

/**
 * Ends the sign-in of the token, or with `everywhere=1` every one of its user; again is the same. An access token that has
 * expired can be replaced by the refresh token, as Bearer.
 */
export function signOut({ mysql, tokens, invalidator }: SignInDeps) {
  return async ({ req, query: { everywhere } }: Call<{ query: SignOutQuery }>) => {
    tokens.mustIssue();
    const { userId, signInId } = await signInOf(tokens, bearerToken(req));
    const { count, changes } = await end(userId, signInId, everywhere === 1);
    if (changes.length > 0) await invalidator.invalidate(...changes);
    return { ended: count };
  };

  async function end(userId: bigint, signInId: bigint | undefined, everywhere: boolean): Promise<Ended> {
    if (everywhere) {
      const ended = await endSignIns(mysql, userId, signInId);
      if (ended === undefined) throw new Refusal("UNAUTHENTICATED", "the sign-in has ended; sign in again");
      return ended;
    }
    return signInId === undefined ? { count: 0, changes: [] } : endSignIn(mysql, userId, signInId);
  }
}

/** Tokens of a new sign-in. Undefined when the password has changed since it was compared. */
export async function tokensOf(
  { mysql, tokens }: SignInDeps,
  { userId, hash }: Pick<Account, "userId" | "hash">,
): Promise<TokenPair | undefined> {
  const begun = await beginSignIn(mysql, userId, hash);
  return begun && tokens.issue(userId, begun);
}

async function signInOf(tokens: AccessTokens, token: string | undefined) {
  if (token === undefined)
    throw new Refusal("UNAUTHENTICATED", "this needs `Authorization: Bearer <access or refresh token>`");
  try {
    return await tokens.readRefreshToken(token);
  } catch (error) {
    if (asRefusal(error)?.code !== "UNAUTHENTICATED") throw error;
    return await tokens.verify(token);
  }
}

/** Runs at most HASHES_MAX at once. @throws Refusal UNAVAILABLE beyond */
export function limiter() {
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= HASHES_MAX) {
      throw new Refusal("UNAVAILABLE", "too many people sign in at once", { retryAfterSeconds: 1 });
    }
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
}

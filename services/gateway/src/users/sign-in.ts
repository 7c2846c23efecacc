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
import type { Request, RequestHandler } from "express";
import { z } from "zod";
import type { Announcer } from "../changes/announcer.js";
import { bearerToken } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { decimal, read } from "../http/read.js";
import type { AccessTokens, TokenPair } from "./access-tokens.js";
import { givenText, newName, newPassword } from "./credentials.js";
import type { SignUpLimit } from "./sign-up-limit.js";

export interface SignInParts {
  readonly mysql: Mysql;
  readonly tokens: AccessTokens;
  readonly announcer: Announcer;
  readonly signInLimit: SignInLimit;
}

interface SignUpParts extends SignInParts {
  readonly signUpLimit: SignUpLimit;
}

/** Hashing takes a core for some 10 ms on purpose; what does not fit is told to come back. */
const HASHES_MAX = 16;

export const SignUp = z
  .strictObject({ name: newName, password: newPassword }, { error: "must be a JSON object" })
  .refine(({ name, password }) => canonicalName(password).toLowerCase() !== name.toLowerCase(), {
    path: ["password"],
    error: "must not be the name",
  });
export const SignIn = z.strictObject({ name: givenText, password: givenText }, { error: "must be a JSON object" });
export const Renewal = z.strictObject(
  { refresh_token: z.string({ error: "must be a text" }) },
  { error: "must be a JSON object" },
);
export const SignOutQuery = z.object({ everywhere: decimal({ min: 0, max: 1 }).default(0) });

/** POST /users: a new user, signed in. The same name and password again, after a lost answer, is the same sign-up. */
export function signUp(parts: SignUpParts): RequestHandler {
  const { mysql, tokens, announcer, signUpLimit } = parts;
  const limited = limiter();
  return async (req, res) => {
    tokens.mustIssue();
    const { name, password } = read(SignUp, req.body);
    const account = await signUpLimit(req.ip, async () => {
      try {
        const hash = await limited(() => hashPassword(password));
        const change = await insertUser(mysql, name, hash);
        await announcer.announce(change);
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
    sendOk(res, { user_id: String(account.userId), name, ...pair }, 201);
  };

  /** A user of that very name, made lately and with that password: whoever asks again was not answered. */
  async function signedUpBefore(req: Request, name: string, password: string): Promise<Account | undefined> {
    const account = await findAccount(mysql, name);
    if (account === undefined || !account.isNew || account.name !== name) return undefined;
    return parts.signInLimit({ name, address: req.ip }, async () =>
      (await limited(() => verifyPassword(account.hash, password))) ? account : undefined,
    );
  }
}

/** POST /authorizations: name and password for an access token and a refresh token. */
export function signIn(parts: SignInParts): RequestHandler {
  const { mysql, tokens, signInLimit } = parts;
  const limited = limiter();
  // Compared where there is no such user, so that the time of an answer does not tell which names exist.
  const nobody = hashPassword("nobody's password");
  return async (req, res) => {
    tokens.mustIssue();
    const { name: given, password } = read(SignIn, req.body);
    const account = await signInLimit({ name: canonicalName(given), address: req.ip }, async () => {
      const known = await findAccount(mysql, given);
      const expected = known?.hash ?? (await nobody);
      return (await limited(() => verifyPassword(expected, password))) ? known : undefined;
    });
    const pair = account && (await tokensOf(parts, account));
    if (account === undefined || pair === undefined)
      throw new Refusal("UNAUTHENTICATED", "name and password do not belong together");
    sendOk(res, { user_id: String(account.userId), name: account.name, ...pair }, 201);
  };
}

/**
 * PUT /authorizations: a refresh token, as Bearer or in the body, for a new access token and the next refresh token. The same
 * again within a minute is the same renewal; later it is a copy in other hands, and the sign-in ends.
 */
export function renewSignIn({ mysql, tokens, announcer }: SignInParts): RequestHandler {
  return async (req, res) => {
    const claims = await tokens.readRefreshToken(bearerToken(req) ?? read(Renewal, req.body).refresh_token);
    const { renewed, changes } = await renewGeneration(mysql, claims);
    if (changes.length > 0) await announcer.announce(...changes);
    if (renewed === undefined) throw new Refusal("UNAUTHENTICATED", "the sign-in has ended; sign in again");
    sendOk(res, await tokens.issue(claims.userId, renewed), 201);
  };
}

/**
 * DELETE /authorizations: ends the sign-in of the token, or with `everywhere=1` every one of its user; again is the same. An
 * access token that has expired can be replaced by the refresh token, as Bearer.
 */
export function signOut({ mysql, tokens, announcer }: SignInParts): RequestHandler {
  return async (req, res) => {
    tokens.mustIssue();
    const { everywhere } = read(SignOutQuery, req.query);
    const { userId, signInId } = await whoseSignIn(tokens, bearerToken(req));
    const { count, changes } = await end(userId, signInId, everywhere === 1);
    if (changes.length > 0) await announcer.announce(...changes);
    sendOk(res, { ended: count });
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
  { mysql, tokens }: SignInParts,
  { userId, hash }: Pick<Account, "userId" | "hash">,
): Promise<TokenPair | undefined> {
  const begun = await beginSignIn(mysql, userId, hash);
  return begun && tokens.issue(userId, begun);
}

async function whoseSignIn(tokens: AccessTokens, token: string | undefined) {
  if (token === undefined)
    throw new Refusal("UNAUTHENTICATED", "this needs `Authorization: Bearer <access or refresh token>`");
  try {
    return await tokens.readRefreshToken(token);
  } catch (error) {
    if (asRefusal(error)?.code !== "UNAUTHENTICATED") throw error;
    return await tokens.verify(token);
  }
}

/** Lets so many hash at once, and refuses what comes beyond. */
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

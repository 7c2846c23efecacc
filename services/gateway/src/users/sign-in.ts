import { Refusal } from "@headline/errors";
import type { SignInLimit } from "@headline/limits";
import type { Mysql } from "@headline/mysql";
import { hash, verify } from "@node-rs/argon2";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Announcer } from "../changes/announcer.js";
import { bearerToken } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { read } from "../http/read.js";
import { line } from "../http/text.js";
import type { AccessTokens } from "./access-tokens.js";
import type { SignUpLimit } from "./sign-up-limit.js";
import { insertUser, passwordHashOf } from "./user-store.js";

interface Parts {
  readonly mysql: Mysql;
  readonly tokens: AccessTokens;
}

interface SignUpParts extends Parts {
  readonly announcer: Announcer;
  readonly signUpLimit: SignUpLimit;
}

interface SignInParts extends Parts {
  readonly signInLimit: SignInLimit;
}

const NAME_CHARACTERS_MAX = 32;
const PASSWORD_CHARACTERS = { min: 8, max: 128 };
/** How users are called whom only another token issuer knows by name. */
const RESERVED_NAME = /^user \d+$/i;
/** Hashing takes a core for some 10 ms on purpose; what does not fit is told to come back. */
const HASHES_MAX = 16;

export const SignUp = z.strictObject(
  {
    name: line(NAME_CHARACTERS_MAX).refine((name) => !RESERVED_NAME.test(name), { error: "is reserved" }),
    password: z
      .string({ error: "must be a text" })
      .min(PASSWORD_CHARACTERS.min, { error: `must have at least ${PASSWORD_CHARACTERS.min} characters` })
      .max(PASSWORD_CHARACTERS.max, { error: `must have at most ${PASSWORD_CHARACTERS.max} characters` }),
  },
  { error: "must be a JSON object" },
);
export const SignIn = z.strictObject(
  { name: z.string({ error: "must be a text" }).max(200), password: z.string({ error: "must be a text" }).max(200) },
  { error: "must be a JSON object" },
);
export const Renewal = z.strictObject(
  { refresh_token: z.string({ error: "must be a text" }) },
  { error: "must be a JSON object" },
);

/** POST /users: a new user, signed in. */
export function signUp({ mysql, tokens, announcer, signUpLimit }: SignUpParts): RequestHandler {
  const limited = limiter();
  return async (req, res) => {
    tokens.mustIssue();
    const { name, password } = read(SignUp, req.body);
    const change = await signUpLimit(req.ip, async () => insertUser(mysql, name, await limited(() => hash(password))));
    await announcer.announce(change);
    sendOk(res, { user_id: String(change.subjectId), name, ...(await tokens.issue(change.subjectId)) }, 201);
  };
}

/** POST /authorizations: name and password for an access token and a refresh token. */
export function signIn({ mysql, tokens, signInLimit }: SignInParts): RequestHandler {
  const limited = limiter();
  // Compared where there is no such user, so that the time of an answer does not tell which names exist.
  const nobody = hash("nobody's password");
  return async (req, res) => {
    tokens.mustIssue();
    const { name: given, password } = read(SignIn, req.body);
    const name = given.trim();
    const user = await signInLimit({ name, address: req.ip }, async () => {
      const known = await passwordHashOf(mysql, name);
      const expected = known?.hash ?? (await nobody);
      return (await limited(() => verify(expected, password))) ? known : undefined;
    });
    if (user === undefined) throw new Refusal("UNAUTHENTICATED", "name and password do not belong together");
    sendOk(res, { user_id: String(user.userId), name, ...(await tokens.issue(user.userId)) }, 201);
  };
}

/** PUT /authorizations: a refresh token, as Bearer or in the body, for a new access token. */
export function renewSignIn({ tokens }: Parts): RequestHandler {
  return async (req, res) => {
    const refreshToken = bearerToken(req) ?? read(Renewal, req.body).refresh_token;
    sendOk(res, await tokens.renew(refreshToken), 201);
  };
}

function limiter() {
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

import {
  type Account,
  accountOf,
  endOthers,
  hashPassword,
  setPassword,
  verifyPassword,
} from "@headline/newsroom/users";
import { Refusal } from "@headline/service/errors";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Authenticate } from "../http/authenticate.js";
import { sendOk } from "../http/json.js";
import { read } from "../http/read.js";
import { givenText, newPassword } from "./credentials.js";
import { limiter, type SignInParts } from "./sign-in.js";

interface Parts extends SignInParts {
  readonly authenticate: Authenticate;
}

export const PasswordChange = z.strictObject(
  { current_password: givenText, new_password: newPassword },
  { error: "must be a JSON object" },
);

/**
 * PUT /users/me/password: another password, and every other sign-in of the user ends. The same again after a lost answer is
 * the same change.
 */
export function changePassword({ authenticate, mysql, tokens, announcer, signInLimit }: Parts): RequestHandler {
  const limited = limiter();
  return async (req, res) => {
    tokens.mustIssue();
    const { userId, signInId = 0n } = await authenticate.signedIn(req);
    const { current_password, new_password } = read(PasswordChange, req.body);
    const account = await accountOf(mysql, userId);
    if (account === undefined) throw new Refusal("NOT_FOUND", `user ${userId} does not sign in with a password`);
    const passwords = { current: current_password, next: new_password };
    const found = await signInLimit({ name: account.name, address: req.ip }, () =>
      limited(() => compared(account, passwords)),
    );
    if (found === undefined) throw new Refusal("PERMISSION_DENIED", "current_password is not the password");
    const newHash = found === "next" ? account.hash : await limited(() => hashPassword(new_password));
    const { count, changes } = await mysql.transaction(async (tx) => {
      if (!(await setPassword(tx, account, newHash)))
        throw new Refusal("ALREADY_EXISTS", "the password is being changed by another request");
      return endOthers(tx, userId, signInId);
    });
    if (changes.length > 0) await announcer.announce(...changes);
    sendOk(res, { user_id: String(userId), ended: count });
  };
}

/** Which of the two is the password now; `next` is after a change whose answer was lost. */
async function compared(
  { hash }: Account,
  { current, next }: { current: string; next: string },
): Promise<"current" | "next" | undefined> {
  if (await verifyPassword(hash, current)) return "current";
  return (await verifyPassword(hash, next)) ? "next" : undefined;
}

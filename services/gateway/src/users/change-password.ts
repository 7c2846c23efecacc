import {
  type Account,
  accountOf,
  endOthers,
  hashPassword,
  setPassword,
  verifyPassword,
} from "@headline/newsroom/users";
import { Refusal } from "@headline/service/errors";
import { z } from "zod";
import type { Reader } from "../http/authenticate.js";
import type { Call } from "../http/route.js";
import { givenText, newPassword } from "./credentials.js";
import { limiter, type SignInDeps } from "./sign-in.js";

export const PasswordChange = z
  .strictObject({ current_password: givenText, new_password: newPassword }, { error: "must be a JSON object" })
  .meta({ id: "PasswordChange" });
export type PasswordChange = z.output<typeof PasswordChange>;

/** Changes the password and ends every other sign-in of the user. The same again after a lost answer is the same change. */
export function changePassword({ mysql, tokens, invalidator, signInLimit }: SignInDeps) {
  const limited = limiter();
  return async ({ req, reader, body }: Call<{ reader: Reader; body: PasswordChange }>) => {
    tokens.mustIssue();
    const { userId, signInId = 0n } = reader;
    const { current_password, new_password } = body;
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
    if (changes.length > 0) await invalidator.invalidate(...changes);
    return { user_id: String(userId), ended: count };
  };
}

/** Compares both with the stored hash; `next` matches after a change whose answer was lost. */
async function compared(
  { hash }: Account,
  { current, next }: { current: string; next: string },
): Promise<"current" | "next" | undefined> {
  if (await verifyPassword(hash, current)) return "current";
  return (await verifyPassword(hash, next)) ? "next" : undefined;
}

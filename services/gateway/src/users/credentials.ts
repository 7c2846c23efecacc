import {
  canonicalName,
  isCommonPassword,
  NAME_CHARACTERS_MAX,
  nameFault,
  opaquePassword,
} from "@headline/newsroom/users";
import { z } from "zod";

const PASSWORD_CHARACTERS = { min: 8, max: 128 };

/** A name that can be taken, as it is kept. */
export const newName = z
  .string({ error: "must be a text" })
  .superRefine((given, context) => {
    const fault = nameFault(given);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  })
  .transform(canonicalName)
  .meta({ minLength: 1, maxLength: NAME_CHARACTERS_MAX });

/** A password that can be chosen. */
export const newPassword = z
  .string({ error: "must be a text" })
  .superRefine((given, context) => {
    const fault = passwordFault(given);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  })
  .meta({ minLength: PASSWORD_CHARACTERS.min, maxLength: PASSWORD_CHARACTERS.max });

/** Normal form that is compared with a stored name or password. */
export const givenText = z.string({ error: "must be a text" }).max(200, { error: "must have at most 200 characters" });

function passwordFault(given: string): string | undefined {
  const { min, max } = PASSWORD_CHARACTERS;
  if (given.length > 2 * max) return `must have at most ${max} characters`;
  if (/\p{Surrogate}/u.test(given)) return "must be well-formed Unicode";
  if (/\p{Cc}/u.test(given)) return "must not contain control characters";
  const { length } = [...opaquePassword(given)];
  if (length < min) return `must have at least ${min} characters`;
  if (length > max) return `must have at most ${max} characters`;
  return isCommonPassword(given) ? "is one of the most common passwords" : undefined;
}

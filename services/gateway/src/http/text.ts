import { z } from "zod";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL_BUT_BREAKS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** One line a person wrote: trimmed, well-formed Unicode, without control characters, 1 to `max` characters as a reader counts them. */
export function line(max: number) {
  return z
    .string({ error: "must be a text" })
    .trim()
    .refine((text) => isWellFormed(text), { error: "must be well-formed Unicode" })
    .refine((text) => !CONTROL.test(text), { error: "must not contain control characters" })
    .refine((text) => text.length > 0 && [...text].length <= max, { error: `must have 1 to ${max} characters` })
    .meta({ minLength: 1, maxLength: max });
}

/** A longer text: line breaks and tabs are welcome, 1 to `maxBytes` bytes of UTF-8. */
export function body(maxBytes: number) {
  return z
    .string({ error: "must be a text" })
    .refine((text) => isWellFormed(text), { error: "must be well-formed Unicode" })
    .refine((text) => !CONTROL_BUT_BREAKS.test(text), { error: "must not contain control characters" })
    .refine((text) => text.trim().length > 0 && Buffer.byteLength(text) <= maxBytes, {
      error: `must have 1 to ${maxBytes} bytes of UTF-8`,
    })
    .meta({ minLength: 1, maxLength: maxBytes });
}

/** No half of a surrogate pair stands alone: MySQL would store something else in its place. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

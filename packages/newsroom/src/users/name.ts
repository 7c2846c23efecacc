import unhomoglyph from "unhomoglyph";

export const NAME_CHARACTERS_MAX = 32;

/** Keys that names share when people take one for the other. A name is taken when either key is. */
export interface NameKeys {
  /** As it looks, whatever the case it is then written in: `PayPaI` and `paypal`. */
  readonly skeleton: string;
  /** As it looks when it is written small: `Ivan` and `ivan`. */
  readonly folded: string;
}

const KEY_CHARACTERS_MAX = 255;
/** Longer texts are not normalized at all. */
const GIVEN_UNITS_MAX = 200;
const SPACES = /\p{Zs}+/gu;
const CONTROL = /\p{Cc}|[\u2028\u2029]/u;
/** Formats, halves of pairs, private and unassigned characters, and what fonts show as nothing at all. */
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{1d159}]/u;
const MARKS_FIRST = /^\p{M}/u;
/** https://www.unicode.org/reports/tr39/#Optional_Detection: more than four in a row are no writing. */
const STACKED_MARKS = /\p{Mn}{5}/u;
/** Names of users whom only another token issuer knows by name, as their skeletons look: 0 is like O, and 1 like l. */
const RESERVED = /^user [\p{Nd}lo]+$/u;

/** A name as it is kept and looked for: NFKC, so that widths and composition are alike, with single spaces, trimmed. */
export function canonicalName(given: string): string {
  return given.normalize("NFKC").replace(SPACES, " ").trim();
}

/** The reason why a name cannot be taken by anybody; undefined for a good one. */
export function nameFault(given: string): string | undefined {
  if (given.length > GIVEN_UNITS_MAX) return `must have 1 to ${NAME_CHARACTERS_MAX} characters`;
  const name = canonicalName(given);
  if (/\p{Surrogate}/u.test(given)) return "must be well-formed Unicode";
  if (CONTROL.test(given.trim())) return "must not contain control characters";
  if (INVISIBLE.test(given.trim()) || INVISIBLE.test(name)) return "must not contain invisible characters";
  if (MARKS_FIRST.test(name)) return "must not begin with a combining mark";
  if (STACKED_MARKS.test(name.normalize("NFD"))) return "must not stack combining marks";
  if (name === "" || [...name].length > NAME_CHARACTERS_MAX) return `must have 1 to ${NAME_CHARACTERS_MAX} characters`;
  return isReservedName(name) ? "is reserved" : undefined;
}

/** Whether a name looks like those of users whom only another token issuer knows by name: `user 5`. */
export function isReservedName(name: string): boolean {
  const { skeleton, folded } = nameKeys(name);
  return RESERVED.test(skeleton) || RESERVED.test(folded);
}

export function nameKeys(given: string): NameKeys {
  const name = canonicalName(given);
  return { skeleton: key(skeleton(name)), folded: key(skeleton(name.toLowerCase())) };
}

/** As long as its column, which names of 32 characters do not reach. */
function key(text: string): string {
  return [...text.toLowerCase()].slice(0, KEY_CHARACTERS_MAX).join("");
}

/** https://www.unicode.org/reports/tr39/#Confusable_Detection */
function skeleton(name: string): string {
  const visible = name.normalize("NFD").replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "");
  return unhomoglyph(visible).normalize("NFD");
}

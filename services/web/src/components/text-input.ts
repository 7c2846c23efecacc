import { words } from "../language/language.js";

/** Visible characters, by the rule of the gateway (services/gateway/src/http/text.ts): spaces, formats, lone marks and fillers show nothing. */
const VISIBLE =
  /[^\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{M}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufffc\u{1d159}]/u;
/** Code units of the longest characters; longer texts are not counted. */
const UNITS_PER_CHARACTER_MAX = 24;

let segmenter: Intl.Segmenter | undefined;

export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/** Whether a text has more characters, as a reader counts them, than `max`. */
export function isLongerThan(max: number, text: string): boolean {
  if (text.length <= max) return false;
  if (text.length > max * UNITS_PER_CHARACTER_MAX) return true;
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  let count = 0;
  for (const _ of segmenter.segment(text)) {
    count += 1;
    if (count > max) return true;
  }
  return false;
}

/** Marks a field with a text that is too long as invalid; `maxlength` would count code units, and cut. */
export function limitCharacters(field: HTMLInputElement | HTMLTextAreaElement, max: number): void {
  const isLong = isLongerThan(max, field.value.trim());
  field.setCustomValidity(isLong ? words.peek().tooLong(max) : "");
}

/** Whether an Enter chooses a word of an input method: Safari sends it after the composition has ended, as key 229. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

import { z } from "zod";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL_BUT_BREAKS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const BREAKS = /\r\n|[\r\u2028\u2029]/g;
/** Anything but spaces, formats, marks without a letter, and what fonts show as nothing at all: Braille blank, object replacement, null notehead. */
const VISIBLE =
  /[^\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{M}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufffc\u{1d159}]/u;

/**
 * Code points for each character that a reader counts, at most: a family of four with skin tones has eleven. A column for
 * `max` characters holds as many times `max`.
 */
const POINTS_PER_CHARACTER_MAX = 12;
const UNITS_PER_POINT_MAX = 2;

const characters = new Intl.Segmenter("und", { granularity: "grapheme" });

/** One line a person wrote: trimmed, well-formed Unicode, without control characters, 1 to `max` characters as a reader counts them. */
export function line(max: number) {
  return z
    .string({ error: "must be a text" })
    .trim()
    .check(faults((text) => lineFault(text, max)))
    .meta({ minLength: 1, maxLength: max * POINTS_PER_CHARACTER_MAX, description: charactersInWords(max) });
}

/** Lines a person wrote: as `line`, and breaks are kept, each as one "\n". */
export function lines(max: number) {
  return z
    .string({ error: "must be a text" })
    .overwrite((text) => text.replace(BREAKS, "\n").trim())
    .check(faults((text) => linesFault(text, max)))
    .meta({ minLength: 1, maxLength: max * POINTS_PER_CHARACTER_MAX, description: charactersInWords(max) });
}

/** A longer text: line breaks and tabs are welcome, 1 to `maxBytes` bytes of UTF-8. */
export function body(maxBytes: number) {
  return z
    .string({ error: "must be a text" })
    .check(faults((text) => bodyFault(text, maxBytes)))
    .meta({ minLength: 1, maxLength: maxBytes });
}

/** Reports the first thing that is wrong with a text. */
function faults(faultOf: (text: string) => string | undefined) {
  return ({ value, issues }: z.core.ParsePayload<string>) => {
    const message = faultOf(value);
    if (message !== undefined) issues.push({ code: "custom", input: value, message });
  };
}

function lineFault(text: string, max: number): string | undefined {
  return writtenFault(text, CONTROL) ?? lengthFault(text, max);
}

function linesFault(text: string, max: number): string | undefined {
  return writtenFault(text, CONTROL_BUT_BREAKS) ?? lengthFault(text, max);
}

function bodyFault(text: string, maxBytes: number): string | undefined {
  const isFitting = text.trim().length > 0 && Buffer.byteLength(text) <= maxBytes;
  return (
    writtenFault(text, CONTROL_BUT_BREAKS) ??
    (isFitting ? invisibleFault(text) : `must have 1 to ${maxBytes} bytes of UTF-8`)
  );
}

function writtenFault(text: string, control: RegExp): string | undefined {
  if (/\p{Surrogate}/u.test(text)) return "must be well-formed Unicode"; // MySQL would store something else in its place
  return control.test(text) ? "must not contain control characters" : undefined;
}

/** Long texts are refused by their code units, before their characters are counted. */
function lengthFault(text: string, max: number): string | undefined {
  const pointsMax = max * POINTS_PER_CHARACTER_MAX;
  const isFar = text.length > pointsMax * UNITS_PER_POINT_MAX;
  if (text === "" || isFar || [...text].length > pointsMax || countCharacters(text) > max)
    return `must have 1 to ${max} characters`;
  return invisibleFault(text);
}

function invisibleFault(text: string): string | undefined {
  return VISIBLE.test(text) ? undefined : "must have a visible character";
}

function countCharacters(text: string): number {
  let count = 0;
  for (const _ of characters.segment(text)) count += 1;
  return count;
}

function charactersInWords(max: number): string {
  return `At most ${max} characters as a reader counts them (grapheme clusters), one of them visible.`;
}

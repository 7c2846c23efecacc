import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { body, line, lines } from "./text.js";

const FAMILY = "👨‍👩‍👧‍👦";
const TONED_FAMILY = "👨🏽‍👩🏽‍👧🏽‍👦🏽";
const ENGLAND = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";

function fault(schema: ReturnType<typeof line>, text: string): string | undefined {
  return schema.safeParse(text).error?.issues[0]?.message;
}

const INVISIBLE = [
  ["nothing", ""],
  ["zero-width spaces", "\u200b\u200b"],
  ["joiners", "\u200d\u2060\ufeff"],
  ["Braille blanks", "\u2800\u2800"],
  ["Hangul fillers", "\u3164\u115f\u1160\uffa0"],
  ["combining marks", "\u0301\u0308\u20dd"],
  ["tag characters", "\u{e0067}\u{e007f}"],
  ["variation selectors", "\ufe0f\u{e0100}"],
  ["soft hyphens and directions", "\u00ad\u200e\u202e\u2066"],
  ["spaces of all widths", "\u00a0\u2003\u3000\u202f"],
  ["a Mongolian vowel separator and a Khmer vowel", "\u180e\u17b4"],
  ["an object replacement and a null notehead", "\ufffc\u{1d159}"],
  ["a mark on a space", " \u0301"],
] as const;

describe.each([
  ["a line", line(100)],
  ["lines", lines(100)],
  ["a body", body(1_000)],
])("%s", (_, schema) => {
  test.each(INVISIBLE)("of %s is refused", (_name, text) => {
    expect(fault(schema, text)).toMatch(/^must have/);
    expect(fault(schema, `${text} a`)).toBeUndefined();
  });

  test.each(["。", "😀", "e\u0301", FAMILY, ENGLAND, "\u0e01\u0e33", "‏שלום‏", "한", "⠓", "☺︎"])(
    "of %s is taken",
    (text) => {
      expect(schema.parse(text)).toBe(text);
    },
  );

  test("with half a pair or a control character is refused", () => {
    expect(fault(schema, "a\ud800")).toBe("must be well-formed Unicode");
    expect(fault(schema, "a\u0000b")).toBe("must not contain control characters");
  });
});

describe("characters", () => {
  test.each([
    ["a letter", "字"],
    ["an emoji", "😀"],
    ["a family", FAMILY],
    ["a family with skin tones", TONED_FAMILY],
    ["a flag of tags", ENGLAND],
    ["a flag of two letters", "🇺🇳"],
    ["a letter with marks", "e\u0301\u0323"],
    ["Devanagari", "क्षि"],
  ])("%s counts as one", (_, character) => {
    expect(fault(line(100), character.repeat(100))).toBeUndefined();
    expect(fault(line(100), character.repeat(101))).toBe("must have 1 to 100 characters");
  });

  test("a line break counts as one, however it is written", () => {
    expect(fault(lines(3), "a\r\nb")).toBeUndefined();
    expect(fault(lines(3), "a\r\n\r\nb")).toBe("must have 1 to 3 characters");
  });

  test("a million of marks on one letter are refused, before anything is counted", () => {
    expect(fault(line(100), `a${"\u0301".repeat(1_000_000)}`)).toBe("must have 1 to 100 characters");
    expect(fault(lines(1_000), `a${"\u0301".repeat(12_000)}`)).toBe("must have 1 to 1000 characters");
  });

  test("whatever is taken fits its column of twelve code points for each", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 });
    fc.assert(
      fc.property(text, (typed) => {
        const taken = line(10).safeParse(typed);
        if (taken.success) expect([...taken.data].length).toBeLessThanOrEqual(120);
      }),
    );
  });
});

test("breaks stay, each as one; around the text they go", () => {
  expect(lines(100).parse("\r\none\r\ntwo\rthree\u2028four\n\nfive\t6\n")).toBe("one\ntwo\nthree\nfour\n\nfive\t6");
  expect(fault(line(100), "one\ntwo")).toBe("must not contain control characters");
});

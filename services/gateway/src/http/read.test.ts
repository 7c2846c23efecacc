import { Refusal } from "@headline/service/errors";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { z } from "zod";
import { decimal, idText, idValue, read } from "./read.js";

const INT64_MAX = 2n ** 63n - 1n;

function fieldsOf(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.fields.map(({ field }) => field);
    throw error;
  }
  return [];
}

const isPlain = (text: string) => /^(0|[1-9][0-9]*)$/.test(text);

describe("numbers and ids", () => {
  test("a decimal is what String() writes of a whole number in its range, and nothing else", () => {
    const page = decimal({ min: 1, max: 10_000 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 10_000 }), (number) => read(page, String(number)) === number));
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double().map(String), fc.stringMatching(/^[ +-]?0*\d+(e\d|\.0| )?$/)),
        (text) => {
          const good = isPlain(text) && Number(text) >= 1 && Number(text) <= 10_000;
          expect(page.safeParse(text).success).toBe(good);
        },
      ),
    );
    for (const value of [undefined, null, 1, ["1"], ["1", "2"], {}]) expect(page.safeParse(value).success).toBe(false);
    expect(decimal({ min: 0, max: Number.MAX_SAFE_INTEGER }).safeParse("9007199254740993").success).toBe(false);
  });

  test("an id in a path is any up to 2^63 - 1, exactly", () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: INT64_MAX }), (id) => read(idText, String(id)) === id));
    fc.assert(
      fc.property(fc.bigInt({ min: INT64_MAX + 1n, max: 2n ** 80n }), (id) => !idText.safeParse(String(id)).success),
    );
    for (const text of ["", "-1", "01", "1.0", "1e3", "0x1", " 1", "١"])
      expect(idText.safeParse(text).success).toBe(false);
  });

  test("an id in a body is such a text, or a number that JSON did not round", () => {
    fc.assert(fc.property(fc.maxSafeNat(), (number) => read(idValue, number) === BigInt(number)));
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: INT64_MAX }), (id) => read(idValue, String(id)) === id));
    for (const value of [2 ** 53, -1, 1.5, 1e300, Number.NaN, "9223372036854775808", "01", "", true, null, [1], {}])
      expect(idValue.safeParse(value).success).toBe(false);
  });
});

test("every field that is wrong is named as the caller wrote it", () => {
  const schema = z.strictObject({
    title: z.string(),
    cover: z.array(z.string()),
    author: z.object({ id: z.number() }),
  });
  const input = { title: 1, cover: ["a", 2], author: { id: "x" }, extra: true };
  expect(fieldsOf(() => read(schema, input))).toEqual(["title", "cover[1]", "author.id", "extra"]);
  expect(fieldsOf(() => read(schema, undefined))).toEqual(["body"]);
  expect(fieldsOf(() => read(schema, [], "message"))).toEqual(["message"]);
});

describe("a refusal is smaller than what caused it", () => {
  const NewComment = z.strictObject({ content: z.string(), cover: z.array(z.string()).optional() });
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, at]));
  const refusalOf = (input: unknown) => {
    try {
      read(NewComment, input);
    } catch (error) {
      if (error instanceof Refusal) return error;
    }
    throw new Error("it was not refused");
  };

  test.each<[string, unknown, number]>([
    ["unknown fields", many(60), 20],
    ["more unknown fields than are looked at", many(100_000), 1],
    ["more items than are looked at", { content: "x", cover: new Array(100_000).fill(1) }, 1],
    ["wrong items", { content: "x", cover: new Array(150).fill(1) }, 20],
    ["a field with a long name", { content: "x", ["k".repeat(500_000)]: 1 }, 1],
    ["a field named in half characters", { content: "x", ["😀".repeat(500)]: 1 }, 1],
    ["a list", new Array(100_000).fill(1), 1],
  ])("of %s", (_, input, fields) => {
    const refusal = refusalOf(input);
    expect(refusal.fields).toHaveLength(fields);
    for (const { field, detail } of refusal.fields) {
      expect(field.length).toBeLessThanOrEqual(100);
      expect(detail.length).toBeLessThanOrEqual(200);
      expect(/\p{Surrogate}/u.test(field)).toBe(false);
    }
    expect(refusal.message.length).toBeLessThanOrEqual(1_000);
  });

  test("and says how many more there are", () => {
    expect(refusalOf({ content: "x", ...many(50) }).message).toMatch(/; and 30 more$/);
  });
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { describeThrown } from "./describe-thrown.js";

interface Thrown {
  readonly value: unknown;
  readonly keeps: string;
}
const fixture = new URL("../../test/fixtures/thrown.mjs", import.meta.url).href;
const { THROWN } = (await import(fixture)) as { THROWN: Readonly<Record<string, Thrown>> };

describe("anything thrown has a readable text", () => {
  test.each(Object.entries(THROWN))("%s", (_, { value, keeps }) => {
    const { name, message, stack } = describeThrown(value);
    expect(message).toContain(keeps);
    expect(stack).toContain(keeps);
    for (const text of [name, message, stack]) expect(text).not.toBe("");
    expect([message.length <= 2_000, stack.length <= 8_000]).toEqual([true, true]);
    expect(message).not.toContain("[object Object]");
    expect(Buffer.from(message).toString()).toBe(message);
  });

  test("an error that says something says exactly that", () => {
    expect(describeThrown(new RangeError("out of range"))).toMatchObject({
      name: "RangeError",
      message: "out of range",
      stack: expect.stringMatching(/^RangeError: out of range\n {4}at /),
    });
  });

  test("members beyond ten and causes beyond five are cut", () => {
    const many = new AggregateError(Array.from({ length: 12 }, (_, at) => new Error(`member ${at}`)));
    expect(describeThrown(many).message).toMatch(/member 9; and 2 more$/);
    let chain = new Error("level 0");
    for (let level = 1; level < 12; level++) chain = new Error(`level ${level}`, { cause: chain });
    expect(describeThrown(chain).message.split("\ncaused by: ")).toHaveLength(6);
  });

  test("whatever an error's members are", () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });
    const members = ["message", "name", "stack", "cause", "code", "errors", "constructor", "toString"] as const;
    const member = fc.oneof(
      fc.record({ value: anything }),
      fc.constant({
        get() {
          throw new Error("a getter that throws");
        },
      }),
    );
    const base = fc.constantFrom(
      () => new Error("base") as object,
      () => ({}),
      () => Object.create(null) as object,
      () => () => {},
    );
    fc.assert(
      fc.property(base, fc.dictionary(fc.constantFrom(...members), member), (make, dictionary) => {
        const value = make();
        // V8 reads the message while the stack is redefined.
        const stackFirst = Object.entries(dictionary).sort(([a], [b]) => Number(b === "stack") - Number(a === "stack"));
        for (const [name, property] of stackFirst) {
          Object.defineProperty(value, name, { ...property, configurable: true });
        }
        const { name, message, stack } = describeThrown(value);
        for (const text of [name, message, stack]) expect(text.length).toBeGreaterThan(0);
      }),
    );
    fc.assert(fc.property(anything, (value) => describeThrown(value).message !== ""));
  });
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { canonicalName, nameFault, nameKeys } from "./name.js";

const alike = (one: string, other: string) =>
  nameKeys(one).skeleton === nameKeys(other).skeleton || nameKeys(one).folded === nameKeys(other).folded;

describe("a name", () => {
  test.each([
    ["Zoë", "Zoe\u0308"],
    ["Zoe", "Ｚｏｅ"],
    ["Zoe M", " Zoe \u00a0\u2003 M "],
    ["가", "\u1100\u1161"],
    ["ﬁona".normalize("NFKC"), "ﬁona"],
  ])("%j is kept as the same text as %j", (one, other) => {
    expect(canonicalName(other)).toBe(canonicalName(one));
    expect(nameFault(other)).toBeUndefined();
  });

  test.each([
    ["Zoe", "Zое"],
    ["Zoe", "ＺOE"],
    ["paypal", "PayPaI"],
    ["bob", "b0b"],
    ["Ivan", "ivan"],
    ["Ivan", "lvan"],
    ["admin", "аdmіn"],
    ["mark", "rnark"],
    ["Αλέξης", "Aλέξης"],
  ])("%j looks like %j", (one, other) => {
    expect(alike(one, other)).toBe(true);
  });

  test.each([
    ["Ali", "All"],
    ["小明", "小朋"],
    ["Zoe", "Zoë"],
    ["anna", "hanna"],
    ["reader 1", "reader 2"],
  ])("%j does not look like %j", (one, other) => {
    expect(alike(one, other)).toBe(false);
  });

  test.each([
    ["Zoe\u200b", "invisible"],
    ["Z\u00adoe", "invisible"],
    ["Zo\u2060e", "invisible"],
    ["Zoe\ufe0f", "invisible"],
    ["\u3164", "invisible"],
    ["\uffa0", "invisible"],
    ["\u202eeoZ", "invisible"],
    ["Zoe\u{e0041}", "invisible"],
    ["\u2800", "invisible"],
    ["Zoe\ufffc", "invisible"],
    ["Zoe\u{1d159}", "invisible"],
    ["\ue000", "invisible"],
    ["Zoe\ufeff!", "invisible"],
    ["Z\toe", "control"],
    ["Z\u2028oe", "control"],
    ["Zoe\ud800", "well-formed"],
    ["\u0308Zoe", "combining"],
    ["Z\u0301\u0301\u0301\u0301\u0301oe", "combining"],
    ["   ", "1 to 32"],
    ["x".repeat(33), "1 to 32"],
    ["ﷺ".repeat(2), "1 to 32"],
    ["x".repeat(1_000_000), "1 to 32"],
    ["user 5", "reserved"],
    ["user  5", "reserved"],
    ["USER 10", "reserved"],
    ["ｕｓｅｒ　５", "reserved"],
    ["uѕer 7", "reserved"],
    ["user l", "reserved"],
    ["user ٥", "reserved"],
  ])("%j is refused", (name, fault) => {
    expect(nameFault(name)).toContain(fault);
  });

  test.each(["小明", "Zoë", "José María", "O'Neill", "محمد", "सीता", "ดวงใจ", "👩 Zoe", "user group", "player_1"])(
    "%j is welcome",
    (name) => {
      expect(nameFault(name)).toBeUndefined();
    },
  );

  test("has the same keys in every form, and keys that fit their columns", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 32 }), (name) => {
        fc.pre(nameFault(name) === undefined);
        const keys = nameKeys(name);
        for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) expect(nameKeys(name.normalize(form))).toEqual(keys);
        expect(canonicalName(canonicalName(name))).toBe(canonicalName(name));
        for (const key of Object.values(keys)) expect([...key].length).toBeLessThanOrEqual(255);
      }),
    );
  });
});

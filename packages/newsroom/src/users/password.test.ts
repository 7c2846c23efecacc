import { expect, test } from "@jest/globals";
import { hash } from "@node-rs/argon2";
import { hashPassword, isCommonPassword, verifyPassword } from "./password.js";

test("a password is the same composed or not and with any kind of space, and no other", async () => {
  const kept = await hashPassword("Amélie est là");
  for (const same of ["Amélie est là", "Ame\u0301lie est la\u0300", "Amélie\u00a0est\u3000là"])
    expect(await verifyPassword(kept, same)).toBe(true);
  for (const other of ["Amelie est la", "amélie est là", "Ａmélie est là", "Amélie est là "])
    expect(await verifyPassword(kept, other)).toBe(false);
});

test("a password that was hashed as it was typed still counts, composed or not", async () => {
  const kept = await hash("Ame\u0301lie\u00a0est là".normalize("NFD"));
  expect(await verifyPassword(kept, "Ame\u0301lie\u00a0est là".normalize("NFD"))).toBe(true);
  expect(await verifyPassword(kept, "Amélie\u00a0est là")).toBe(true);
  expect(await verifyPassword(kept, "Amelie est la")).toBe(false);
});

test.each([
  "password",
  "Password",
  "12345678",
  "ｐａｓｓｗｏｒｄ",
  "QWERTYUIOP",
  " password ",
  "iloveyou",
  "xxxxxxxxx",
])("%j is common", (password) => {
  expect(isCommonPassword(password)).toBe(true);
});

test.each(["a long password", "correct horse", "夜班火车上的图书馆"])("%j is not common", (password) => {
  expect(isCommonPassword(password)).toBe(false);
});

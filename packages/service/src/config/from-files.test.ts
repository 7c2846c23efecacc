import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { fromFiles } from "./from-files.js";
import { isWholeTls, readConfig, TLS_VARIABLES, tlsOf } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "headline-config-"));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
afterAll(() => rmSync(folder, { recursive: true }));

describe("a variable in a file", () => {
  test("is what stands there, without the line break at its end", () => {
    const Environment = z.object({ JWT_SECRET: z.string().min(32), MYSQL_URL: z.string() });
    const secret = "x".repeat(40);
    const env = { JWT_SECRET_FILE: file("jwt", `${secret}\n`), MYSQL_URL: "mysql://db/headline" };
    expect(readConfig(Environment, env)).toEqual({ JWT_SECRET: secret, MYSQL_URL: "mysql://db/headline" });
  });

  test("that is empty is missing", () => {
    expect(fromFiles(["A"], { A_FILE: file("empty", "\n") }).values["A"]).toBeUndefined();
  });

  test("that cannot be read, or is given in both ways, is named, and what stands in it is not", () => {
    const env = { A_FILE: join(folder, "nowhere"), B_FILE: file("b", "secret"), B: "other" };
    expect(fromFiles(["A", "B"], env).problems).toEqual([
      { name: "A_FILE", why: "cannot be read (ENOENT)" },
      { name: "B_FILE", why: "B is given as well" },
    ]);
  });

  test("is none of ours unless the schema knows its name", () => {
    const env = { SSL_CERT_FILE: "/nowhere", LOG_FILE: "app.log" };
    expect(fromFiles(["LOG_FILE", "LOG"], env)).toEqual({ values: env, problems: [] });
  });
});

test("TLS is whole, or not at all", () => {
  const Environment = z.object(TLS_VARIABLES);
  const part = "-----BEGIN CERTIFICATE-----";
  const files = { TLS_CA_FILE: file("ca", part), TLS_CERT_FILE: file("cert", part), TLS_KEY_FILE: file("key", part) };
  const config = readConfig(Environment, files);
  expect(tlsOf(config)).toMatchObject({ ca: Buffer.from(part), key: Buffer.from(part) });
  expect(tlsOf({})).toBeUndefined();
  expect([isWholeTls(config), isWholeTls({}), isWholeTls({ TLS_CA: part })]).toEqual([true, true, false]);
});

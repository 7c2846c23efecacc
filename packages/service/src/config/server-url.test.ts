import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { mysqlAddress, redisAddress } from "./server-url.js";

describe("the URL of a Redis", () => {
  test.each([
    ["/run/redis.sock", { path: "/run/redis.sock", db: 0 }],
    ["unix:///run/my%20redis.sock?db=2&password=p%26w", { path: "/run/my redis.sock", db: 2, password: "p&w" }],
    ["redis://h", { host: "h", port: 6_379, db: 0 }],
    ["redis://h/", { host: "h", port: 6_379, db: 0 }],
    ["REDIS://h:7/\r\n", { host: "h", port: 7, db: 0 }],
    ["redis://[::1]", { host: "::1", port: 6_379, db: 0 }],
    ["redis://[::1]:7/3?family=6", { host: "::1", port: 7, db: 3, family: 6 }],
    ["redis://u:p%40ss@h:7/3", { host: "h", port: 7, db: 3, username: "u", password: "p@ss" }],
    ["redis://:a%23b%25c%2Fd%3Fe%3Af@h", { host: "h", port: 6_379, db: 0, password: "a#b%c/d?e:f" }],
    ["redis://:p@ss@h", { host: "h", port: 6_379, db: 0, password: "p@ss" }],
    ["redis://h?db=4", { host: "h", port: 6_379, db: 4 }],
    ["rediss://h:7", { host: "h", port: 7, db: 0, tls: { servername: "h" } }],
    ["rediss://10.0.0.1", { host: "10.0.0.1", port: 6_379, db: 0, tls: {} }],
    [
      "rediss://10.0.0.1?tls-server-name=r.example",
      { host: "10.0.0.1", port: 6_379, db: 0, tls: { servername: "r.example" } },
    ],
  ])("%s", (url, address) => {
    expect(redisAddress(url)).toEqual(address);
  });

  test.each([
    ["localhost:6379", /^must begin with redis:\/\/, rediss:\/\/ or unix:\/\/$/],
    ["http://h", /^must begin with redis/],
    ["redis://", /names no host|is not a URL/],
    ["redis://h/abc", /number of a database/],
    ["redis://h/-1", /number of a database/],
    ["redis://h/1/2", /number of a database/],
    ["redis://h/0?db=1", /^db: is given twice/],
    ["redis://h:0", /port 0/],
    ["redis://h:70000", /is not a URL/],
    ["redis://h:x", /is not a URL/],
    ["redis://[::1", /is not a URL/],
    ["redis://:hunter%2@h", /malformed percent sign in the password/],
    ["redis://:hunter#2@h", /write % as %25, # as %23/],
    ["redis://u:12#hunter@h", /# or an @ after the host/],
    ["redis://u:12/hunter@h", /# or an @ after the host/],
    ["redis://u:12?hunter=2@h", /# or an @ after the host/],
    ["redis://hun ter", /a space or a control character/],
    ["redis://h?timeout=3", /^timeout: is not known; there are db, family/],
    ["redis://h?family=5", /^family: must be 0, 4 or 6/],
    ["redis://h?db=1&db=2", /^db: is given twice/],
    ["redis://h?tls-ca=/ca.pem", /^tls-ca: needs rediss/],
    ["rediss://h?tls-ca=/nowhere/hunter.pem", /^tls-ca: cannot be read \(ENOENT\)/],
    ["rediss://h?tls-ca=/dev/null", /^tls-ca: must be the path of a PEM file/],
    ["rediss://h?tls-cert=/dev/null", /^tls-cert: and tls-key are needed together/],
    ["unix://", /absolute path|is not a URL/],
  ])("%s is refused, and not repeated", (url, why) => {
    const message = refusalOf(() => redisAddress(url));
    expect(message).toMatch(why);
    expect(message).not.toMatch(/hunter|\n/);
  });
});

describe("the URL of a MySQL", () => {
  const at = { host: "h", port: 3_306, database: "d" };
  const verified = { rejectUnauthorized: true, verifyIdentity: true };

  test.each([
    ["mysql://h/d", at],
    ["mariadb://u:p%25w@[::1]:7/d\r", { host: "::1", port: 7, user: "u", password: "p%w", database: "d" }],
    ["mysql://u@localhost/d?socketPath=%2Frun%2Fm.sock", { socketPath: "/run/m.sock", user: "u", database: "d" }],
    ["mysql://h/d%20e", { ...at, database: "d e" }],
    ["mysql://h/d?ssl=true", { ...at, ssl: verified }],
    ["mysql://h/d?ssl=false", at],
    ["mysql://h/d?ssl-mode=disabled", at],
    ["mysql://h/d?ssl-mode=REQUIRED", { ...at, ssl: { rejectUnauthorized: false, verifyIdentity: false } }],
    ["mysql://h/d?ssl=1&ssl-mode=verify-ca", { ...at, ssl: { ...verified, verifyIdentity: false } }],
    ["mysql://10.0.0.1/d?ssl-mode=VERIFY_CA", { ...at, host: "10.0.0.1", ssl: { ...verified, verifyIdentity: false } }],
    [
      "mysql://10.0.0.1/d?ssl-server-name=db.example",
      { ...at, host: "db.example", ssl: verified, stream: expect.any(Function) },
    ],
  ])("%s", (url, address) => {
    expect(mysqlAddress(url)).toEqual(address);
  });

  test.each([
    ["postgres://h/d", /^must begin with mysql:\/\/ or mariadb:\/\/$/],
    ["mysql://u:12/hunter@h/d", /# or an @ after the host/],
    ["mysql://u:%zz@h/d", /malformed percent sign in the password/],
    ["mysql://h/d?sslmode=require", /^sslmode: is not known; there are socketPath, ssl,/],
    ["mysql://h/d?ssl=hunter", /^ssl: must be true, false, 1 or 0/],
    ["mysql://h/d?ssl-mode=PREFERRED", /^ssl-mode: must be DISABLED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY/],
    ["mysql://h/d?ssl-mode=", /^ssl-mode: is empty/],
    ["mysql://h/d?ssl=false&ssl-mode=REQUIRED", /^ssl-mode: contradicts ssl/],
    ["mysql://h/d?ssl=false&ssl-ca=/dev/null", /^ssl-mode: DISABLED contradicts/],
    ["mysql://10.0.0.1/d?ssl=true", /^ssl-server-name: is needed/],
    ["mysql://h/d?socketPath=/m.sock&ssl=true", /^ssl: a unix socket has no TLS/],
    ["mysql://h/d/hunter", /names no database/],
  ])("%s is refused, and not repeated", (url, why) => {
    const message = refusalOf(() => mysqlAddress(url));
    expect(message).toMatch(why);
    expect(message).not.toMatch(/hunter|\n/);
  });
});

test("the scheduler, a package of its own, reads addresses by the same code", () => {
  const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  expect(text("../../../scheduler/src/stores/server-url.ts")).toBe(text("./server-url.ts"));
});

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

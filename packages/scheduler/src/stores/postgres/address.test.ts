import { describe, expect, test } from "@jest/globals";
import { postgresAddress } from "./address.js";

describe("the URL of a PostgreSQL", () => {
  test.each([
    ["postgres://h", { host: "h", port: 5_432 }],
    ["postgresql://h/jobs", { host: "h", port: 5_432, database: "jobs" }],
    ["POSTGRES://u:p%40ss@h:7/my%2Fjobs\r\n", { host: "h", port: 7, user: "u", password: "p@ss", database: "my/jobs" }],
    ["postgres://u@[::1]:7/jobs", { host: "::1", port: 7, user: "u", database: "jobs" }],
    [
      "postgres://u@localhost/jobs?host=/run/postgresql",
      { host: "/run/postgresql", port: 5_432, user: "u", database: "jobs" },
    ],
    ["postgres://h?sslmode=disable", { host: "h", port: 5_432 }],
    ["postgres://h?sslmode=require", { host: "h", port: 5_432, ssl: { rejectUnauthorized: false, servername: "h" } }],
    ["postgres://10.0.0.1?sslmode=verify-full", { host: "10.0.0.1", port: 5_432, ssl: { rejectUnauthorized: true } }],
  ])("%s", (url, address) => {
    expect(postgresAddress(url)).toEqual(address);
  });

  test("sslmode=verify-ca accepts a certificate of another name, and no certificate of another authority", () => {
    const { ssl } = postgresAddress("postgres://h?sslmode=verify-ca");
    expect(ssl).toEqual({ rejectUnauthorized: true, servername: "h", checkServerIdentity: expect.any(Function) });
    expect(ssl?.checkServerIdentity?.()).toBeUndefined();
  });

  test.each([
    ["localhost:5432", /^must begin with postgres:\/\/ or postgresql:\/\/$/],
    ["mysql://h", /^must begin with postgres/],
    ["postgres://", /names no host|is not a URL/],
    ["postgres://h:0", /port 0/],
    ["postgres://h:70000", /is not a URL/],
    ["postgres://h/a/b", /names no database/],
    ["postgres://u:12#hunter@h", /# or an @ after the host/],
    ["postgres://u:hunter%2@h", /malformed percent sign in the password/],
    ["postgres://h?timeout=3", /^timeout: is not known; there are host, sslmode/],
    ["postgres://h?sslmode=prefer", /^sslmode: must be disable, require, verify-ca or verify-full$/],
    ["postgres://h?host=/run&sslmode=require", /^sslmode: a unix socket has no TLS/],
    ["postgres://h?host=run", /absolute path/],
    ["postgres://h?sslmode=disable&ssl-ca=/hunter.pem", /^sslmode: disable contradicts/],
    ["postgres://h?ssl-ca=/nowhere/hunter.pem", /^ssl-ca: cannot be read \(ENOENT\)/],
  ])("%s is refused, and not repeated", (url, why) => {
    expect(() => postgresAddress(url)).toThrow(why);
    expect(() => postgresAddress(url)).not.toThrow(/hunter|\n/);
  });
});

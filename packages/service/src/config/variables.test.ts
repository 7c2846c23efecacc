import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import type { z } from "zod";
import { isLoopback, isPublishedSecret } from "./published-secrets.js";
import {
  decimal,
  grpcAddress,
  grpcTarget,
  host,
  httpUrl,
  httpUrls,
  integer,
  logLevel,
  mysqlUrl,
  origins,
  port,
  redisUrl,
} from "./variables.js";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

describe("a variable", () => {
  test.each<[string, z.ZodType, string, unknown]>([
    ["port", port, "3000\r", 3_000],
    ["port", port, " 3000 ", 3_000],
    ["port", port, "0", 0],
    ["integer", integer(1, 10), "07", 7],
    ["decimal", decimal(0, 10), "1.5", 1.5],
    ["host", host, "[::1]", "::1"],
    ["host", host, "gateway_1.example ", "gateway_1.example"],
    ["httpUrl", httpUrl, " https://keys.example/jwks.json", "https://keys.example/jwks.json"],
    ["httpUrls", httpUrls, "http://a:1, http://b:2,", ["http://a:1", "http://b:2"]],
    ["grpcTarget", grpcTarget, "dns:///recommendation:50051\r", "dns:///recommendation:50051"],
    ["grpcTarget", grpcTarget, "[::1]:50051", "[::1]:50051"],
    ["grpcTarget", grpcTarget, "ipv4:10.0.0.1:50051,10.0.0.2:50051", "ipv4:10.0.0.1:50051,10.0.0.2:50051"],
    ...[
      "recommender",
      "127.0.0.1:50051",
      "dns:recommendation:1",
      "dns://8.8.8.8/recommendation:50051",
      "dns:///[::1]:65535",
      "ipv4:10.0.0.1",
      "ipv6:[::1]:50051,[::2]:50051",
      "unix:/run/recommender.sock",
      "unix:///run/recommender.sock",
      "unix:recommender.sock",
    ].map((text): [string, z.ZodType, string, unknown] => ["grpcTarget", grpcTarget, text, text]),
    ["grpcAddress", grpcAddress, "127.0.0.1:0", "127.0.0.1:0"],
    ["grpcAddress", grpcAddress, "unix:/run/recommender.sock", "unix:/run/recommender.sock"],
    ["logLevel", logLevel, "WARN\r", "warn"],
    ["redisUrl", redisUrl, "redis://[::1]/1\r", "redis://[::1]/1"],
  ])("%s", (_name, schema, text, value) => {
    expect(schema.parse(text)).toEqual(value);
  });

  test.each<[string, z.ZodType, string]>([
    ...["many", "3000x", "0x10", "1e3", "3000.5", "-1", "65536", "3 000", "１"].map(
      (text): [string, z.ZodType, string] => ["port", port, text],
    ),
    ["decimal", decimal(0, 10), "Infinity"],
    ["host", host, "a b"],
    ["host", host, "http://h"],
    ["httpUrl", httpUrl, "ftp://h"],
    ["httpUrls", httpUrls, "http://a, nonsense"],
    ["httpUrl", httpUrl, "http://h:0"],
    ...[
      "",
      ":50051",
      "h:",
      "h:0",
      "h:65536",
      "h:99999",
      "h:hunter2",
      "http://h:1",
      "dns:",
      "dns:///",
      "dns:///:50051",
      "dns:///h:0",
      "dns:///h:99999",
      "dns://8.8.8.8",
      "dns:///h:1,",
      "ipv4:",
      "ipv4:hunter2:1",
      "ipv4:10.0.0.1:1,",
      "ipv4:,10.0.0.1:1",
      "ipv4:10.0.0.1:1,,10.0.0.2:1",
      "ipv4:10.0.0.256:1",
      "ipv4:10.0.0.1:0",
      "ipv6:[::1]:65536",
      "ipv6:10.0.0.1:1",
      "unix:",
      "unix:/",
      "unix://",
      "unix:///",
      "unix://run/hunter2",
      "unix:/run/a b",
    ].map((text): [string, z.ZodType, string] => ["grpcTarget", grpcTarget, text]),
    ["grpcAddress", grpcAddress, "h:65536"],
    ["grpcAddress", grpcAddress, "ipv4:10.0.0.1:1,10.0.0.2:1"],
    ["logLevel", logLevel, "loud"],
    ["mysqlUrl", mysqlUrl, "mysql://u:hunter2@h"],
    ["redisUrl", redisUrl, "redis://:hunter2@h/abc"],
  ])("%s that is malformed is refused, and not repeated", (_name, schema, text) => {
    const { error } = schema.safeParse(text);
    expect(error?.issues).toHaveLength(1);
    expect(error?.issues[0]?.message).not.toMatch(/hunter2|\n/);
  });
});

describe("a service", () => {
  const whole = {
    MYSQL_URL: "mysql://127.0.0.1:1/d",
    REDIS_URL: "redis://127.0.0.1:1",
    JWT_SECRET: "Zq8mJw3vT1xKc5Rf7Yb2Nd4Hs6Lg9PaE",
    TRACK_SECRET: "Ee8mJw3vT1xKc5Rf7Yb2Nd4Hs6Lg9PaZ",
  };

  test("that cannot use its environment ends with one line for each variable, which never repeats a value", async () => {
    const published = "a signing secret for development only";
    const ends = await Promise.all([
      endOf("gateway", {
        PORT: "80 80",
        TRACK_SECRET: "hunter2",
        REDIS_STATE_URL: "redis://:hunter2@h/abc",
        RECOMMENDER_ADDRESS: "dns:///hunter2:0",
      }),
      endOf("jobs", { HOST: "::", JWT_SECRET: published }),
      endOf("recommendation", { GRPC_PORT: "1", TRACK_SECRET: "hunter2!".repeat(4) }),
    ]);
    expect(ends).toEqual([
      [
        1,
        "The configuration is not usable: PORT: must be a whole number from 0 to 65535",
        expect.stringMatching(/: RECOMMENDER_ADDRESS: must be host:port, or .*, with a port from 1 to 65535$/),
        expect.stringMatching(/: REDIS_STATE_URL: must end with the number of a database/),
        "The configuration is not usable: TRACK_SECRET: must have at least 32 characters",
      ],
      [1, expect.stringMatching(/: JWT_SECRET: is published or easy to guess/)],
      [1, expect.stringMatching(/: TRACK_SECRET: is published or easy to guess/)],
    ]);
    expect(ends.flat().join("\n")).not.toMatch(/hunter2|signing secret/);
  });

  async function endOf(service: string, env: Record<string, string>): Promise<unknown[]> {
    const main = join(ROOT, "services", service, "src/main.ts");
    const child = spawn(process.execPath, ["--import", "tsx", "--conditions=headline-source", main], {
      env: { PATH: process.env["PATH"], ...whole, ...env },
      cwd: ROOT,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [lines, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    return [code, ...lines.trimEnd().split("\n").sort()];
  }
});

test("every signing secret that stands in the repository is known as published", () => {
  const folders = ["services", "packages", "tools", "bench", "deploy"];
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.(ts|mjs|ya?ml|json)$/.test(path) && !/node_modules|(^|\/)dist\//.test(path))
      .map((path) => join(ROOT, folder, path)),
  );
  const secrets = files.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/\b(?:JWT|TRACK)_SECRET(?:_PREVIOUS)?(?:: | = )"([^"$]{32,})"/g)]
      .map(([, text]) => text as string)
      .filter((text) => !isPublishedSecret(text) && !/^(Zq8|Ee8)/.test(text))
      .map((text) => `${path}: ${text}`),
  );
  expect(secrets).toEqual([]);
});

test.each([
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["[::1]", true],
  ["localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["192.168.1.4", false],
  ["127.example", false],
])("%s is loopback: %s", (name, expected) => {
  expect(isLoopback(name)).toBe(expected);
});

test("origins are as browsers name them, whatever their case and port, or refused", () => {
  expect(
    origins.parse(" https://News.example:443/ ,http://a.example:80, http://a.example:8080,https://news.example"),
  ).toEqual(["https://news.example", "http://a.example", "http://a.example:8080"]);
  expect(origins.parse(undefined)).toEqual([]);
  for (const text of [
    "*",
    "null",
    "news.example",
    "https://a.example/path",
    "https://u:p@a.example",
    "https://a.example?x",
    "https://*.a.example",
    "ftp://a",
  ])
    expect(origins.safeParse(text).success).toBe(false);
});

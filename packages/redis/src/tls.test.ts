import { eventually, freePort, makeCertificates, type ThrowawayRedis, throwawayRedis } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openRedis, waitForRedis } from "./client.js";

describe("a Redis with TLS that asks for certificates", () => {
  let certificates: Awaited<ReturnType<typeof makeCertificates>>;
  let server: ThrowawayRedis;
  let files: Record<string, string>;
  beforeAll(async () => {
    certificates = await makeCertificates();
    files = certificates.issue("redis.example", []).env;
    const { TLS_CA_FILE = "", TLS_CERT_FILE = "", TLS_KEY_FILE = "" } = files;
    const tls = ["--tls-ca-cert-file", TLS_CA_FILE, "--tls-cert-file", TLS_CERT_FILE, "--tls-key-file", TLS_KEY_FILE];
    const port = await freePort();
    server = Object.assign(
      await throwawayRedis({ args: ["--tls-port", `${port}`, ...tls, "--tls-auth-clients", "yes"] }),
      { port },
    );
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await certificates?.[Symbol.asyncDispose]();
  });

  const own = () => `tls-cert=${files["TLS_CERT_FILE"]}&tls-key=${files["TLS_KEY_FILE"]}`;
  const url = (...options: string[]) => `rediss://127.0.0.1:${server.port}/1?${options.join("&")}`;

  test("answers who names its authority and its name, and shows a certificate", async () => {
    const redis = openRedis(url(`tls-ca=${files["TLS_CA_FILE"]}`, own(), "tls-server-name=redis.example"));
    expect(await waitForRedis(redis, 30_000)).toBe(true);
    expect(await redis.set("a", "1")).toBe("OK");
    redis.disconnect();
  });

  test.each([
    ["an authority that is not trusted", () => url(own(), "tls-server-name=redis.example"), /certificate/],
    ["another name", () => url(`tls-ca=${files["TLS_CA_FILE"]}`, own(), "tls-server-name=other.example"), /altnames/],
    ["an address that the certificate does not name", () => url(`tls-ca=${files["TLS_CA_FILE"]}`, own()), /altnames/],
    [
      "no certificate of the caller's",
      () => url(`tls-ca=${files["TLS_CA_FILE"]}`, "tls-server-name=redis.example"),
      /certificate required|closed|ECONNRESET|alert/,
    ],
  ])("%s is no connection", async (_what, urlOf, why) => {
    const errors: string[] = [];
    const redis = openRedis(urlOf(), { onError: (error) => errors.push(error.message) });
    await eventually(() => expect(errors.join("\n")).toMatch(why));
    expect(redis.status).not.toBe("ready");
    redis.disconnect();
  });
});

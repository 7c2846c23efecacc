import { type Certificates, makeCertificates, type PrivateMysql, privateMysql } from "@headline/testkit";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openMysql } from "./pool.js";

describe("a MySQL with TLS", () => {
  let certificates: Certificates;
  let server: PrivateMysql;
  let files: Record<string, string>;
  beforeAll(async () => {
    certificates = await makeCertificates();
    files = certificates.issue("db.example").env;
    const { TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE } = files;
    server = await privateMysql({
      tcp: true,
      args: [`--ssl-ca=${TLS_CA_FILE}`, `--ssl-cert=${TLS_CERT_FILE}`, `--ssl-key=${TLS_KEY_FILE}`],
    });
    await using mysql = openMysql(server.url, { acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
    await mysql.write("CREATE USER 'sealed'@'127.0.0.1' IDENTIFIED BY 'p@ss#1%/' REQUIRE SSL");
    await mysql.write("CREATE USER 'proven'@'127.0.0.1' REQUIRE X509");
    for (const name of ["sealed", "proven"]) await mysql.write(`GRANT ALL ON headline.* TO '${name}'@'127.0.0.1'`);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await certificates?.[Symbol.asyncDispose]();
  });

  const SEALED = "sealed:p%40ss%231%25%2F";
  const url = (login: string, ...options: string[]) =>
    `mysql://${login}@127.0.0.1:${server.port}/headline?${options.join("&")}`;
  const ca = () => `ssl-ca=${files["TLS_CA_FILE"]}`;
  const own = () => [`ssl-cert=${files["TLS_CERT_FILE"]}`, `ssl-key=${files["TLS_KEY_FILE"]}`];

  test.each([
    ["REQUIRED, which verifies nothing", () => url(SEALED, "ssl-mode=REQUIRED")],
    ["VERIFY_CA", () => url(SEALED, "ssl-mode=VERIFY_CA", ca())],
    ["VERIFY_IDENTITY", () => url(SEALED, "ssl-mode=VERIFY_IDENTITY", ca(), "ssl-server-name=db.example")],
    ["ssl=true", () => url(SEALED, "ssl=true", ca(), "ssl-server-name=db.example")],
    ["a certificate of the caller's", () => url("proven", "ssl-mode=VERIFY_CA", ca(), ...own())],
  ])("is reached with %s", async (_mode, urlOf) => {
    await using mysql = openMysql(urlOf(), { acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
    const [row] = await mysql.query<{ Value: string }>("SHOW STATUS LIKE 'Ssl_version'");
    expect(row?.Value).toMatch(/^TLSv1/);
  });

  test.each([
    ["no TLS where the server asks for it", () => url(SEALED)],
    ["an authority that is not trusted", () => url(SEALED, "ssl=true", "ssl-server-name=db.example")],
    ["another name", () => url(SEALED, "ssl=true", ca(), "ssl-server-name=other.example")],
    ["no certificate where the server asks for it", () => url("proven", "ssl-mode=VERIFY_CA", ca())],
  ])("is not reached with %s", async (_mode, urlOf) => {
    await using mysql = openMysql(urlOf(), { acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
    await expect(mysql.query("SELECT 1")).rejects.toThrow();
  });
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificates extends AsyncDisposable {
  /** A certificate of this authority that names `host` and the addresses, and the files that hold it. */
  issue(
    host: string,
    addresses?: readonly string[],
  ): {
    readonly ca: Buffer;
    readonly certificate: Buffer;
    readonly key: Buffer;
    readonly env: Record<string, string>;
  };
}

/** An authority of its own, made by openssl. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = mkdtempSync(join(tmpdir(), "headline-tls-"));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-subj", "/CN=tests", "-days", "2");
  return {
    issue(host, addresses = ["127.0.0.1"]) {
      const [key, request, certificate, names] = ["key", "csr", "pem", "ext"].map((ending) =>
        at(`${host}.${ending}`),
      ) as [string, string, string, string];
      writeFileSync(
        names,
        `subjectAltName=${[`DNS:${host}`, ...addresses.map((address) => `IP:${address}`)].join(",")}`,
      );
      openssl("req", ...newKey, "-keyout", key, "-out", request, "-subj", `/CN=${host}`);
      openssl(
        "x509",
        "-req",
        "-in",
        request,
        "-CA",
        at("ca.pem"),
        "-CAkey",
        at("ca.key"),
        "-CAcreateserial",
        "-out",
        certificate,
        "-days",
        "2",
        "-extfile",
        names,
      );
      return {
        ca: readFileSync(at("ca.pem")),
        certificate: readFileSync(certificate),
        key: readFileSync(key),
        env: { TLS_CA_FILE: at("ca.pem"), TLS_CERT_FILE: certificate, TLS_KEY_FILE: key },
      };
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
